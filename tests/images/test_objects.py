"""Objects are read from the layouts of data sets, as they are stored there."""

import json

import numpy as np
import pytest
from images.folders import write_image, write_mask
from images.object_files import (
    ANNOTATIONS,
    IMAGES,
    annotation,
    points,
    write_coco,
    write_numbered,
    write_voc,
)
from real_objects import COCO_MINI, needed

from keras_nonlocal.images import ImageError, ObjectImage, ObjectSet, read_object_set


def test_coco_files_have_boxes_classes_and_masks(tmp_path):
    pixels = write_image(tmp_path / "val2017" / "10.png", seed=10)
    write_coco(tmp_path)
    found = read_object_set(tmp_path)
    assert found.class_names == ("person", "dog")  # in the order of their ids, 3 and 7
    assert found.kinds == ("boxes", "masks")
    first = found.read(0)
    np.testing.assert_array_equal(first["images"], pixels)
    assert first["boxes"].tolist() == [[2, 3, 6, 7], [8, 1, 14, 7]]
    assert first["labels"].tolist() == [0, 1]
    expected = np.zeros((2, 12, 16), "uint8")
    expected[0, 3:7, 2:6] = expected[1, 1:7, 8:14] = 1
    np.testing.assert_array_equal(first["masks"], expected)
    assert found.read(1)["crowd"].tolist() == [True, False]
    empty = found.read(2)
    assert empty["boxes"].shape == (0, 4)
    assert empty["masks"].shape == (0, 12, 16)
    assert {name: str(array.dtype) for name, array in empty.items()} == {
        "images": "uint8",
        "boxes": "float32",
        "labels": "int32",
        "crowd": "bool",
        "masks": "uint8",
    }
    assert "masks" not in found.read(0, ["boxes"])


def test_splits_are_those_of_the_files(tmp_path):
    write_coco(tmp_path)
    file = write_coco(tmp_path, ANNOTATIONS[:1], "train2017")
    assert len(read_object_set(tmp_path)) == 6
    train = read_object_set(tmp_path, split="train")
    assert [len(each) for each in train.objects] == [1, 0, 0]
    assert read_object_set(file).images == train.images
    assert read_object_set(tmp_path).split("train").images == train.images
    assert train.digest != read_object_set(tmp_path, split="val").digest
    with pytest.raises(ValueError, match=r"splits are \['train', 'val'\]. Received: split='test'"):
        read_object_set(tmp_path, split="test")


def test_keypoints_are_at_the_middle_of_pixels(tmp_path):
    person = annotation(1, 10, (2, 3, 8, 8), keypoints=points((3, 4, 2), (5, 6, 1), (0, 0, 0)))
    write_coco(tmp_path, [person, annotation(2, 10, (1, 1, 3, 3))], keypoints=True)
    write_coco(tmp_path)
    found = read_object_set(tmp_path, keypoints=True)
    assert found.class_names == ("person",)
    assert found.flip_pairs == ((1, 2),)
    assert found.skeleton == ((0, 1), (0, 2))
    assert found.sigmas is None
    read = found.read(0)["keypoints"]
    assert read[0].tolist() == [[3.5, 4.5, 2], [5.5, 6.5, 1], [0, 0, 0]]
    assert not read[1].any()
    assert read_object_set(tmp_path).keypoint_names == ()


def test_boxes_end_at_the_border_and_those_without_area_are_left_out(tmp_path):
    rows = [
        annotation(1, 10, (12, 8, 4.5, 4.25)),
        annotation(2, 10, (5, 5, 0, 3)),
        annotation(3, 10, (1, 1, 2, 2), segmentation=[[1, 1, 1, 1, 1, 1]]),
    ]
    write_coco(tmp_path, rows)
    read = read_object_set(tmp_path).read(0)
    assert read["boxes"].tolist() == [[12, 8, 16, 12]]
    assert len(read_object_set(tmp_path).read(0, ["boxes"])["boxes"]) == 2


def test_classes_can_be_chosen(tmp_path):
    write_coco(tmp_path)
    dogs = read_object_set(tmp_path, class_names=["dog"])
    assert dogs.read(0)["boxes"].tolist() == [[8, 1, 14, 7]]
    assert dogs.read(0)["labels"].tolist() == [0]
    both = read_object_set(tmp_path, class_names=["dog", "person"])
    assert both.read(0)["labels"].tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"different ones of \['person', 'dog'\].*'cat'"):
        read_object_set(tmp_path, class_names=["cat"])


def test_images_without_objects_can_be_left_out(tmp_path):
    write_coco(tmp_path, [*ANNOTATIONS[:2], annotation(3, 12, (0, 0, 5, 5), iscrowd=1)])
    assert [image.id for image in read_object_set(tmp_path).with_objects().images] == [10]


def test_files_beside_their_images_have_the_split_of_their_folder(tmp_path):
    for split in ("train", "valid"):
        file = write_coco(tmp_path, split=split)
        file.rename(tmp_path / split / "_annotations.coco.json")
    (tmp_path / "annotations").rmdir()
    found = read_object_set(tmp_path, split="valid")
    assert {image.split for image in found.images} == {"valid"}
    assert found.read(0)["boxes"].shape == (2, 4)
    assert len(read_object_set(tmp_path)) == 6


def test_pascal_voc(tmp_path):
    found = read_object_set(write_voc(tmp_path))
    assert found.class_names == ("cat", "sofa")
    first = found.read(0)
    # VOC counts from one, and its last pixel belongs to the object.
    assert first["boxes"].tolist() == [[0, 0, 16, 12], [2, 3, 6, 8]]
    assert first["crowd"].tolist() == [False, True]
    assert first["labels"].tolist() == [1, 0]
    assert [image.id for image in read_object_set(tmp_path, split="val").images] == ["2007_2"]
    (tmp_path / "Annotations" / "2007_2.xml").write_text("<annotation><object/></annotation>")
    with pytest.raises(ValueError, match=r"2007_2.xml' has not the form of Pascal VOC"):
        read_object_set(tmp_path)
    (tmp_path / "JPEGImages" / "2007_2.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"have no image.*2007_2"):
        read_object_set(tmp_path)


def test_masks_of_numbered_objects(tmp_path):
    numbers = write_numbered(tmp_path)
    found = read_object_set(tmp_path)
    assert found.class_names == ("pedestrian",)
    read = found.read(0)
    assert read["boxes"].tolist() == [[3, 2, 5, 6], [8, 4, 15, 9]]
    np.testing.assert_array_equal(read["masks"], np.stack([numbers == 1, numbers == 2]))
    assert found.annotations(0)[1]["area"] == 35
    write_mask(tmp_path / "PedMasks" / "a_mask.png", np.zeros((12, 16, 3), "uint8"))
    with pytest.raises(ImageError, match="colors"):
        found.read(0)


def test_folders_of_numbered_objects_name_one_class(tmp_path):
    for split in ("train", "val"):
        write_image(tmp_path / "images" / split / "a.png")
        write_mask(tmp_path / "masks" / split / "a.png", np.eye(12, 16, dtype="uint8"))
    (tmp_path / "classes.txt").write_text("nucleus\n")
    found = read_object_set(tmp_path, split="val")
    assert (len(found), found.class_names) == (1, ("nucleus",))
    (tmp_path / "classes.txt").write_text("sky\nroad\n")
    with pytest.raises(ValueError, match="read_mask_set"):
        read_object_set(tmp_path)


def without(rows, key):
    return [{name: value for name, value in row.items() if name != key} for row in rows]


@pytest.mark.parametrize(
    ("annotations", "images", "message"),
    [
        ([*ANNOTATIONS, annotation(9, 99, (0, 0, 4, 4))], IMAGES, r"does not have.*\[99\]"),
        (ANNOTATIONS, [*IMAGES, IMAGES[0]], r"`images`.*more often: \[10\]"),
        (ANNOTATIONS, without(IMAGES, "file_name"), "KeyError 'file_name'"),
        (without(ANNOTATIONS, "image_id"), IMAGES, "KeyError 'image_id'"),
        ({}, IMAGES, "lists images, annotations, categories"),
        ([1, 2], IMAGES, "has not the fields of COCO"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path, annotations, images, message):
    write_coco(tmp_path, annotations, images=images)
    with pytest.raises(ValueError, match=message):
        read_object_set(tmp_path)


def test_files_that_are_missing_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        read_object_set(tmp_path / "nothing")
    with pytest.raises(ValueError, match=r"one of these layouts: coco .*voc .*instance_masks"):
        read_object_set(tmp_path)
    file = write_coco(tmp_path)
    for image in (tmp_path / "val2017").iterdir():
        image.unlink()
    with pytest.raises(FileNotFoundError, match=r"'10\.png', are in none of these folders"):
        read_object_set(file)
    file.write_text("{")
    with pytest.raises(ValueError, match="is not JSON"):
        read_object_set(file)


def test_splits_must_have_the_same_classes(tmp_path):
    write_coco(tmp_path)
    file = write_coco(tmp_path, split="train2017")
    content = json.loads(file.read_text())
    content["categories"][0]["name"] = "cow"
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"same categories.*'cow'.*'dog'"):
        read_object_set(tmp_path)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"class_names": ()}, "at least one class"),
        ({"category_ids": (1, 2)}, "an id for each"),
        ({"objects": ()}, "list of objects for each image"),
        ({"flip_pairs": ((0, 1),)}, "`flip_pairs`.*0 keypoints"),
        ({"sigmas": (0.1,)}, "`sigmas`"),
    ],
)
def test_sets_that_contradict_themselves_are_refused(fields, message):
    good = {"images": (ObjectImage("a"),), "objects": ((),), "class_names": ("one",)}
    with pytest.raises(ValueError, match=message):
        ObjectSet(**{**good, "category_ids": (1,), **fields})


@needed
def test_coco_images_have_the_objects_of_their_files():
    people = read_object_set(COCO_MINI, split="val", keypoints=True)
    assert (len(people), people.class_names, len(people.keypoint_names)) == (79, ("person",), 17)
    assert people.flip_pairs == tuple((place, place + 1) for place in range(1, 16, 2))
    assert max(people.sigmas) == 0.107
    everything = read_object_set(COCO_MINI)
    assert (len(everything), len(everything.class_names)) == (159, 80)
    masks = areas = 0
    for index in range(0, 159, 8):
        read = everything.read(index)
        stored = everything.objects[index]
        assert len(read["boxes"]) == len(stored)
        for box, mask, fields in zip(read["boxes"], read["masks"], stored, strict=True):
            rows, columns = np.nonzero(mask)
            around = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            masks += np.abs(box - around).max() < 2.5
            areas += abs(mask.sum() - fields["area"]) < 0.1 * fields["area"] + 12
    total = sum(len(everything.objects[index]) for index in range(0, 159, 8))
    assert masks > 0.95 * total
    assert areas > 0.95 * total
