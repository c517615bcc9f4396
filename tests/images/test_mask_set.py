"""Masks are checked before training."""

import numpy as np
import pytest
from images.folders import write_folders, write_image, write_mask

from keras_nonlocal.data import read_error_log
from keras_nonlocal.data.error_log import ErrorLog
from keras_nonlocal.images import ImageError, MaskSet, check_masks, read_mask_set


def test_pixels_of_each_class_are_counted(tmp_path):
    masks = read_mask_set(write_folders(tmp_path, classes=("sky", "road", "car")))
    report = check_masks(masks)
    labels = np.stack([masks.read(index)[1] for index in range(len(masks))])
    assert report.pixels == {n: int((labels == i).sum()) for i, n in enumerate(masks.class_names)}
    assert (report.ignored, report.absent) == (6, ())
    (tmp_path / "classes.txt").write_text("sky\nroad\ncar\ncow\n")
    assert check_masks(read_mask_set(tmp_path)).absent == ("cow",)


def test_everything_that_is_wrong_is_told_before_training(tmp_path):
    write_folders(tmp_path)
    write_mask(tmp_path / "masks" / "train" / "0.png", np.full((12, 16), 7, "uint8"))
    write_mask(tmp_path / "masks" / "train" / "1.png", np.zeros((6, 8), "uint8"))
    (tmp_path / "masks" / "val" / "0.png").write_bytes(b"nothing")
    log = ErrorLog(tmp_path / "bad.jsonl")
    with pytest.raises(ValueError, match="3 of 6 masks cannot be used") as error:
        check_masks(read_mask_set(tmp_path), log)
    for part in (r"labels [7]", "classes are 0 to 2", "8x6 pixels", "no image"):
        assert part in str(error.value)
    assert len(read_error_log(tmp_path / "bad.jsonl")) == 3
    with pytest.raises(ImageError, match="its image"):
        read_mask_set(tmp_path, split="train").read(1)
    with pytest.raises(ImageError, match="labels"):
        read_mask_set(tmp_path, split="train").read(0)


def test_upright_sizes_are_compared(tmp_path):
    from PIL import Image

    write_image(tmp_path / "images" / "a.png", (12, 16))
    exif = Image.Exif()
    exif[274] = 6
    Image.open(tmp_path / "images" / "a.png").save(tmp_path / "images" / "a.png", exif=exif)
    write_mask(tmp_path / "masks" / "a.png", np.zeros((16, 12), "uint8"))
    masks = read_mask_set(tmp_path, class_names=("one",))
    assert check_masks(masks).pixels == {"one": 192}
    assert masks.read(0)[0].shape == (16, 12, 3)


def test_there_must_be_classes():
    with pytest.raises(ValueError, match="1 to 255 classes"):
        MaskSet((), ())
