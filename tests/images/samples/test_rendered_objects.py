"""Rendered objects have exact masks, boxes and keypoints, and are read as they were drawn."""

import numpy as np
import pytest
from pycocotools import mask as coco_masks

from keras_nonlocal.images import check_objects, read_object_set
from keras_nonlocal.images.samples.objects import (
    CLASSES,
    LARGEST,
    SMALLEST,
    objects_image,
    write_objects,
)
from keras_nonlocal.images.samples.shapes import KEYPOINTS, SKELETON

SEEDS = range(40)
FIGURE = CLASSES.index("figure")


@pytest.fixture(scope="module")
def drawn():
    return [objects_image(seed) for seed in SEEDS]


def test_an_image_depends_on_its_seed_alone(drawn):
    image, objects = objects_image(SEEDS[3])
    np.testing.assert_array_equal(image, drawn[3][0])
    assert all((a["mask"] == b["mask"]).all() for a, b in zip(objects, drawn[3][1], strict=True))
    assert (image != drawn[4][0]).any()


def test_masks_are_apart_and_boxes_are_tight(drawn):
    for _, objects in drawn:
        assert 1 <= len(objects) <= 6
        assert sum(each["mask"].astype(int) for each in objects).max() == 1
        for each in objects:
            x0, y0, x1, y1 = each["box"].astype(int)
            inside = each["mask"][y0:y1, x0:x1]
            assert inside.sum() == each["mask"].sum() > 0
            assert inside[[0, -1]].any(axis=1).all()
            assert inside[:, [0, -1]].any(axis=0).all()


def test_objects_of_all_classes_have_sizes_between_the_limits(drawn):
    objects = [each for _, objects in drawn for each in objects]
    assert {each["label"] for each in objects} == set(range(len(CLASSES)))
    sides = [max(each["box"][2:] - each["box"][:2]) for each in objects]
    assert max(sides) <= LARGEST + 1
    assert min(sides) < 2 * SMALLEST
    assert min(sides) > 0.6 * SMALLEST  # what others hide of an object may be its end


def test_keypoints_lie_in_the_mask_or_are_hidden(drawn):
    figures = [each for _, objects in drawn for each in objects if each["label"] == FIGURE]
    others = [each for _, objects in drawn for each in objects if each["label"] != FIGURE]
    assert not any(each["keypoints"].any() for each in others)
    for each in figures:
        x, y, seen = each["keypoints"].T
        inside = each["mask"][y.astype(int), x.astype(int)]
        assert (inside[seen == 2]).mean() > 0.9  # 0.5 is the middle of a pixel, and may be rounded
        assert set(np.unique(seen)) <= {1, 2}
    seen = np.concatenate([each["keypoints"][:, 2] for each in figures])
    assert (seen == 2).mean() > 0.9
    assert (seen == 1).any()


def test_the_left_side_of_a_figure_is_at_the_right(drawn):
    left, right = (KEYPOINTS.index(f"{side}_shoulder") for side in ("left", "right"))
    figures = [each for _, objects in drawn for each in objects if each["label"] == FIGURE]
    assert all(each["keypoints"][left, 0] > each["keypoints"][right, 0] for each in figures)


def test_files_are_read_as_they_were_drawn(tmp_path, drawn):
    write_objects(tmp_path, 6)
    write_objects(tmp_path, 2, seed=30, split="val")
    objects = read_object_set(tmp_path, split="train")
    assert (len(objects), objects.class_names) == (6, CLASSES)
    assert objects.kinds == ("boxes", "masks", "keypoints")
    assert (objects.keypoint_names, objects.skeleton) == (KEYPOINTS, SKELETON)
    assert [KEYPOINTS[one][5:] for one, _ in objects.flip_pairs] == [
        KEYPOINTS[other][6:] for _, other in objects.flip_pairs
    ]
    assert len(objects.flip_pairs) == 6
    assert sum(check_objects(objects).objects.values()) == sum(len(o) for _, o in drawn[:6])
    assert len(read_object_set(tmp_path, split="val")) == 2
    for index, (image, expected) in enumerate(drawn[:6]):
        found = objects.read(index)
        np.testing.assert_array_equal(found["images"], image)
        np.testing.assert_array_equal(found["masks"], [each["mask"] for each in expected])
        np.testing.assert_array_equal(found["boxes"], [each["box"] for each in expected])
        points = [each["keypoints"] for each in expected]
        np.testing.assert_allclose(found["keypoints"], points, atol=0.01)
        for fields, each in zip(objects.annotations(index), expected, strict=True):
            mask = coco_masks.decode(fields["segmentation"])
            np.testing.assert_array_equal(mask, each["mask"])


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 96"):
        objects_image(0, (64, 160))
    with pytest.raises(ValueError, match="`count` must be a positive integer"):
        write_objects(tmp_path, 0)
