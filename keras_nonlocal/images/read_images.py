"""Reads images and masks from files: RGB pixels, upright, and labels."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image, ImageOps

from ..utils.checks import PathLike
from .mask_coding import MaskCoding

# Sixteen bits and palettes keep their numbers; all other modes of Pillow are colors.
_NUMBERS = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")


_ORIENTATION, _FIRST_TURNED = 274, 5  # the EXIF tag, and the first value that exchanges the sides


class ImageError(ValueError):
    """A file cannot be read as an image or a mask.

    Attributes:
        path: The file.
        cause: The reason.

    Example:

    >>> str(keras_nonlocal.images.ImageError("a.png", "it is cut off"))
    "'a.png' cannot be read: it is cut off."
    """

    def __init__(self, path: PathLike, cause: str):
        super().__init__(f"{os.fspath(path)!r} cannot be read: {cause}.")
        self.path, self.cause = os.fspath(path), cause


def read_image(path: PathLike) -> np.ndarray:
    """Reads an image, upright as its EXIF orientation says.

    Args:
        path: A file of any format of Pillow.

    Returns:
        RGB pixels, uint8 `(H, W, 3)`.

    Raises:
        FileNotFoundError: There is no such file.
        ImageError: It is not an image, or it is cut off or damaged.

    Example:
        pixels = keras_nonlocal.images.read_image("street.jpg")
    """
    image = _opened(path)
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        raise ImageError(path, f"its pixels are of the mode {image.mode}, not of 8 bits a color")
    return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def upright_size(path: PathLike) -> tuple[int, int]:
    """Returns height and width of an image as `read_image` reads it, from its header alone.

    Raises:
        FileNotFoundError: There is no such file.
        ImageError: It is not an image.
    """
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(_ORIENTATION, 1) >= _FIRST_TURNED
            return image.size if turned else (image.height, image.width)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageError(path, f"it is no image ({error})") from error


def read_mask(path: PathLike, coding: MaskCoding | None = None) -> np.ndarray:
    """Reads a mask: numbers of 1, 8 or 16 bits, numbers with a palette, or colors.

    Args:
        path: A file of any format of Pillow.
        coding: What its numbers or colors mean. By default its numbers are the labels.

    Returns:
        Labels, uint8 `(H, W)`.

    Raises:
        FileNotFoundError: There is no such file.
        ImageError: It is not an image, or it holds something that is no label.

    Example:
        labels = keras_nonlocal.images.read_mask("street_mask.png")
    """
    image = _opened(path)
    if image.mode not in _NUMBERS:
        image = image.convert("RGB")
    try:
        return (coding or MaskCoding()).labels(np.asarray(image).astype("int32"))
    except ValueError as error:
        raise ImageError(path, str(error)) from error


def read_numbers(path: PathLike) -> np.ndarray:
    """Reads a mask in which each object has a number of its own, and zero is the background.

    Returns:
        The numbers, int32 `(H, W)`.

    Raises:
        FileNotFoundError: There is no such file.
        ImageError: It is not an image, or its pixels are colors.
    """
    image = _opened(path)
    if image.mode not in _NUMBERS:
        raise ImageError(path, f"its pixels are colors (mode {image.mode}), not numbers of objects")
    return np.asarray(image).astype("int32")


def _opened(path: PathLike) -> Image.Image:
    """Opens and decodes a file. Pillow's errors for damage are of many kinds."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no image {os.fspath(path)!r}. Check the path.")
    try:
        image = Image.open(path)
        image.load()
    except Image.DecompressionBombError as error:
        raise ImageError(path, f"it claims to be too large ({error})") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, TypeError) as error:
        raise ImageError(path, f"it is no image, or cut off or damaged ({error})") from error
    return image
