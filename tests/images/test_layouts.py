"""The layouts of data sets are recognized, and images find their masks."""

import json

import numpy as np
import pytest
from images.folders import write_folders, write_image, write_mask

from keras_nonlocal.images import MaskSet, read_mask_set
from keras_nonlocal.images.layouts import CITYSCAPES_IDS

ZERO = np.zeros((12, 16), "uint8")


def test_folders_with_splits(tmp_path):
    found = read_mask_set(write_folders(tmp_path))
    assert (len(found), found.class_names) == (6, ("sky", "road", "car"))
    train = read_mask_set(tmp_path, split="train")
    assert len(train) == 4
    image, labels = train.read(0)
    assert (image.shape, labels.shape, labels[0, 0]) == ((12, 16, 3), (12, 16), 255)
    assert train.digest != found.digest == read_mask_set(tmp_path).digest
    with pytest.raises(ValueError, match=r"splits are \['train', 'val'\]. Received: split='test'"):
        read_mask_set(tmp_path, split="test")
    assert read_mask_set(found, split="val").pairs == found.split("val").pairs


def test_folders_without_splits_and_other_ends(tmp_path):
    write_image(tmp_path / "imgs" / "a.jpg")
    write_mask(tmp_path / "labels" / "a_mask.png", ZERO)
    (tmp_path / "manifest.json").write_text(
        json.dumps({"classes": ["one"], "palette": [[1, 2, 3]]})
    )
    found = read_mask_set(tmp_path)
    assert (len(found), found.class_names, found.pairs[0].split) == (1, ("one",), "")
    assert list(map(tuple, found.palette)) == [(1, 2, 3)]


@pytest.mark.parametrize(
    ("table", "stored", "palette"),
    [
        (
            {"colors": {"#4682B4": "sky", "#804080": "road", "#000000": None, "#00ff00": "road"}},
            [[[70, 130, 180], [0, 0, 0]], [[0, 255, 0], [128, 64, 128]]],
            ((70, 130, 180), (128, 64, 128)),
        ),
        ({"values": {"1": "sky", "700": "road", "0": None}}, [[1, 0], [700, 700]], ()),
    ],
)
def test_a_folder_says_what_its_masks_hold(tmp_path, table, stored, palette):
    write_image(tmp_path / "images" / "a.png", (2, 2))
    write_mask(
        tmp_path / "masks" / "a.png", np.array(stored, "uint16" if "values" in table else "uint8")
    )
    (tmp_path / "manifest.json").write_text(json.dumps({"classes": ["sky", "road"], **table}))
    found = read_mask_set(tmp_path)
    assert found.read(0)[1].tolist() == [[0, 255], [1, 1]]
    assert found.palette == palette


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "must hold an object"),
        ({"classes": ["a"], "colors": {"#000000": "b"}}, "'#000000' must belong to one of"),
        ({"classes": ["a"], "colors": {"black": "a"}}, "such as '#4682b4'. Received: 'black'"),
        ({"classes": ["a"], "values": {"one": "a"}}, "such as '7'. Received: 'one'"),
        ({"classes": ["a"], "values": [1]}, "`values` must be an object"),
        ({"classes": ["a"], "colors": {"#00000a": "a", "#00000A": None}}, "'#00000A' twice"),
        ({"classes": ["a", "b"], "values": {"1": "a"}}, r"none for \['b'\]"),
        ({"classes": ["a"], "values": {"1": "a"}, "colors": {"#000000": "a"}}, "exclude"),
        ({"classes": ["a"], "palette": [[1, 2, 3], [4, 5, 6]]}, "2 colors for 1 classes"),
        ({"classes": ["a"], "palette": [[1, 2, 300]]}, "Received: .*300"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path, content, message):
    write_image(tmp_path / "images" / "a.png")
    write_mask(tmp_path / "masks" / "a.png", ZERO)
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"manifest.json.*{message}"):
        read_mask_set(tmp_path)


def test_two_images_cannot_share_a_mask(tmp_path):
    write_image(tmp_path / "images" / "a.jpg")
    write_image(tmp_path / "images" / "a.png")
    write_mask(tmp_path / "masks" / "a.png", ZERO)
    with pytest.raises(ValueError, match=r"Two images have the mask .*a\.jpg' and .*a\.png"):
        read_mask_set(tmp_path, class_names=("one",))


@pytest.mark.parametrize("kind", ["labelTrainIds", "labelIds"])
def test_cityscapes(tmp_path, kind):
    stem = "ulm_000000_000019"
    write_image(tmp_path / "leftImg8bit" / "train" / "ulm" / f"{stem}_leftImg8bit.png")
    stored = ZERO.copy()
    stored[0, :3] = (0, 18, 255) if kind == "labelTrainIds" else (7, 33, 4)
    masks = tmp_path / "gtFine" / "train" / "ulm"
    write_mask(masks / f"{stem}_gtFine_{kind}.png", stored)
    write_mask(masks / f"{stem}_gtFine_instanceIds.png", ZERO)  # not ours
    found = read_mask_set(tmp_path, split="train")
    assert len(found) == 1
    assert (found.class_names[0], len(found.class_names)) == ("road", 19)
    assert found.palette[0] == (128, 64, 128)
    assert found.read(0)[1][0, :3].tolist() == [0, 18, 255]
    assert len(CITYSCAPES_IDS) == 19


def test_ade20k_ignores_zero(tmp_path):
    write_image(tmp_path / "images" / "training" / "ADE_train_00000001.jpg")
    stored = ZERO.copy()
    stored[0, :2] = (1, 150)
    write_mask(tmp_path / "annotations" / "training" / "ADE_train_00000001.png", stored)
    found = read_mask_set(tmp_path, split="training")
    assert len(found.class_names) == 150
    assert found.read(0)[1][0, :3].tolist() == [0, 149, 255]


def test_voc_has_lists_of_splits_and_palettes(tmp_path):
    for name in ("2007_000032", "2007_000039"):
        write_image(tmp_path / "JPEGImages" / f"{name}.jpg")
        write_mask(tmp_path / "SegmentationClass" / f"{name}.png", ZERO, "P")
    lists = tmp_path / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("2007_000032\n")
    (lists / "val.txt").write_text("2007_000039\n")
    (lists / "trainval.txt").write_text("2007_000032\n2007_000039\n")
    assert len(read_mask_set(tmp_path)) == 2
    val = read_mask_set(tmp_path, split="val")
    assert [pair.image.rsplit("/")[-1] for pair in val.pairs] == ["2007_000039.jpg"]
    assert val.class_names[0] == "background"


def test_semantic_maps_of_coco(tmp_path):
    write_image(tmp_path / "images" / "1.jpg")
    stored = ZERO.copy()
    stored[0, :2] = (1, 200)
    write_mask(tmp_path / "semantic_png" / "1.png", stored)
    categories = [{"id": 1, "name": "person"}, {"id": 200, "name": "rug"}]
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "panoptic.json").write_text(json.dumps({"categories": categories}))
    found = read_mask_set(tmp_path)
    assert found.class_names == ("person", "rug")
    assert found.read(0)[1][0, :3].tolist() == [0, 1, 255]


def test_missing_partners_are_named(tmp_path):
    write_folders(tmp_path)
    (tmp_path / "masks" / "train" / "1.png").unlink()
    (tmp_path / "images" / "val" / "0.png").unlink()
    with pytest.raises(ValueError, match=r"1 images have no mask and 1 masks have no image"):
        read_mask_set(tmp_path)


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        read_mask_set(tmp_path / "nope")
    with pytest.raises(ValueError, match="one of these layouts"):
        read_mask_set(tmp_path)
    write_image(tmp_path / "images" / "a.png")
    write_mask(tmp_path / "masks" / "a.png", ZERO)
    with pytest.raises(ValueError, match="does not name its classes"):
        read_mask_set(tmp_path)
    assert isinstance(read_mask_set(tmp_path, class_names=("one",)), MaskSet)
