"""Objects are checked before training."""

import json

import numpy as np
import pytest
from images.folders import write_image
from images.object_files import ANNOTATIONS, annotation, points, write_coco, write_numbered
from real_objects import COCO_MINI, needed

from keras_nonlocal.data import read_error_log
from keras_nonlocal.data.error_log import ErrorLog
from keras_nonlocal.images import ImageError, check_objects, read_object_set


def test_objects_of_each_class_are_counted(tmp_path):
    write_coco(tmp_path, [*ANNOTATIONS, annotation(5, 10, (3, 3, 0, 4))])
    report = check_objects(read_object_set(tmp_path))
    assert report.objects == {"person": 2, "dog": 1}
    assert (report.crowds, report.without_area, report.empty_images) == (1, 1, 1)
    assert report.absent == ()
    assert check_objects(read_object_set(tmp_path, class_names=["dog"])).empty_images == 2


BAD = {
    "category": (annotation(9, 10, (1, 1, 4, 4), category=5), "category 5 is not on the list"),
    "outside": (annotation(9, 10, (20, 1, 4, 4)), "outside of the image of 16x12"),
    "half_outside": (annotation(9, 10, (14, 1, 8, 4)), "outside of the image"),
    "negative": (annotation(9, 10, (4, 4, -3, 4)), "negative width"),
    "nan": (annotation(9, 10, (1, float("nan"), 4, 4)), "finite numbers"),
    "text": (annotation(9, 10, (1, 1, 4, 4), bbox="1 1 4 4"), "4 finite numbers"),
    "no_box": (annotation(9, 10, (1, 1, 4, 4), bbox=None), "is None"),
    "double": (annotation(1, 11, (1, 1, 4, 4)), "another object has its id"),
    "no_mask": (annotation(9, 10, (1, 1, 4, 4), segmentation=[]), "has no `segmentation`"),
    "two_corners": (annotation(9, 10, (1, 1, 4, 4), segmentation=[[1, 1, 2, 2]]), "3 corners"),
    "odd": (annotation(9, 10, (1, 1, 4, 4), segmentation=[[1, 1, 2, 2, 3, 3, 4]]), "3 corners"),
    "far": (annotation(9, 10, (1, 1, 4, 4), segmentation=[[1, 1, 2, 2, 3, 900]]), "far outside"),
    "size": (
        annotation(9, 10, (1, 1, 4, 4), segmentation={"size": [6, 8], "counts": [48]}),
        r"size \[6, 8\], but the image has \[12, 16\]",
    ),
    "runs": (
        annotation(9, 10, (1, 1, 4, 4), segmentation={"size": [12, 16], "counts": [48]}),
        "fill 48 of 192",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_values_that_cannot_be_right_are_told(tmp_path, case):
    row, message = BAD[case]
    write_coco(tmp_path, [*ANNOTATIONS, row])
    objects = read_object_set(tmp_path)
    with pytest.raises(ValueError, match=message):
        check_objects(objects)
    if case != "double":  # which only the whole set can show
        with pytest.raises(ImageError, match=message):
            objects.read(0)


@pytest.mark.parametrize(
    ("keypoints", "message"),
    [
        (points((1, 1, 2), (2, 2, 2)), "9 finite numbers.*the 3 keypoints.*6 values"),
        (points((1, 1, 2), (2, 2, 3), (0, 0, 0)), "0 .not labeled.*there is 3"),
        (points((1, 1, 2), (2, float("inf"), 2), (0, 0, 0)), "finite"),
    ],
)
def test_keypoints_that_cannot_be_right_are_told(tmp_path, keypoints, message):
    write_coco(tmp_path, [annotation(1, 10, (1, 1, 4, 4), keypoints=keypoints)], keypoints=True)
    objects = read_object_set(tmp_path, keypoints=True)
    with pytest.raises(ValueError, match=message):
        check_objects(objects)
    assert check_objects(objects, kinds=["boxes"]).objects == {"person": 1}


def test_everything_is_told_at_once_and_logged(tmp_path):
    rows = [annotation(n, 10 + n % 2, (1, 1, 4, 4), category=5) for n in range(4)]
    write_coco(tmp_path, rows)
    (tmp_path / "val2017" / "12.png").unlink()
    with pytest.raises(ValueError, match="3 of 3 images cannot be used") as error:
        check_objects(read_object_set(tmp_path), ErrorLog(tmp_path / "bad.jsonl"))
    assert "12.png" in str(error.value)
    assert len(read_error_log(tmp_path / "bad.jsonl")) == 3


def test_images_of_another_size_are_told(tmp_path):
    write_coco(tmp_path)
    write_image(tmp_path / "val2017" / "11.png", (6, 8))
    with pytest.raises(ValueError, match="8x6 pixels, but its annotations are for 16x12"):
        check_objects(read_object_set(tmp_path))


def test_boxes_in_shares_of_the_image_are_told(tmp_path):
    write_coco(tmp_path, [annotation(1, 10, (0.1, 0.2, 0.5, 0.5))])
    with pytest.raises(ValueError, match="within the first pixel"):
        check_objects(read_object_set(tmp_path))


def test_masks_of_numbered_objects_are_checked(tmp_path):
    write_numbered(tmp_path)
    assert check_objects(read_object_set(tmp_path)).objects == {"pedestrian": 2}
    write_image(tmp_path / "PNGImages" / "a.png", (12, 15))
    with pytest.raises(ValueError, match=r"size \[12, 16\], but the image has \[12, 15\]"):
        check_objects(read_object_set(tmp_path))


@needed
def test_coco_images_are_found_to_be_right():
    for keypoints in (False, True):
        report = check_objects(read_object_set(COCO_MINI, split="val", keypoints=keypoints))
        prefix = "person_keypoints" if keypoints else "instances"
        file = COCO_MINI / "annotations" / f"{prefix}_val2017.json"
        rows = json.loads(file.read_text())["annotations"]
        assert sum(report.objects.values()) == len(rows) - sum(row["iscrowd"] for row in rows)
        assert report.with_keypoints == np.sum([row.get("num_keypoints", 0) > 0 for row in rows])
