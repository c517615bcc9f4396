"""Images and masks of all kinds of files, and files that are none."""

import numpy as np
import pytest
from images.folders import write_image, write_mask
from PIL import Image

from keras_nonlocal.images import ImageError, read_image, read_mask

LABELS = np.arange(12, dtype="uint8").reshape(3, 4)


def test_images_are_upright_rgb(tmp_path):
    pixels = write_image(tmp_path / "a.png", (6, 9))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels)
    exif = Image.Exif()
    exif[274] = 6  # turn clockwise to see it
    Image.fromarray(pixels).save(tmp_path / "b.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), np.rot90(pixels, -1))
    Image.fromarray(pixels[..., 0]).save(tmp_path / "gray.png")
    np.testing.assert_array_equal(read_image(tmp_path / "gray.png")[..., 2], pixels[..., 0])


@pytest.mark.parametrize("kind", ["gray", "palette", "sixteen_bits", "one_bit"])
def test_masks_keep_their_numbers(tmp_path, kind):
    path, expected = tmp_path / "m.png", LABELS
    if kind == "palette":
        image = Image.fromarray(LABELS, "P")
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768, "uint8").tolist())
        image.save(path)
    elif kind == "one_bit":
        expected = LABELS % 2
        Image.fromarray(expected.astype(bool)).save(path)
    else:
        write_mask(path, LABELS.astype("uint16" if kind == "sixteen_bits" else "uint8"))
    np.testing.assert_array_equal(read_mask(path), expected)


def test_files_that_are_no_images_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no image"):
        read_image(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("not an image")
    with pytest.raises(ImageError, match=r"text\.png.*no image"):
        read_image(tmp_path / "text.png")
    write_image(tmp_path / "cut.jpg", (60, 90))
    data = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(ImageError, match=r"cut\.jpg.*cut off or damaged"):
        read_image(tmp_path / "cut.jpg")
    write_mask(tmp_path / "deep.png", np.full((2, 2), 999, "uint16"))
    with pytest.raises(ImageError, match="holds the number 999"):
        read_mask(tmp_path / "deep.png")
    with pytest.raises(ImageError, match="8 bits"):
        read_image(tmp_path / "deep.png")
