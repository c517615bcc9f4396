"""Bytes of a client as a file that nobody keeps, and why it cannot be read, without its name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ..export.signature import MOST_PIXELS
from ..images.read_images import ImageError, upright_size
from ..utils.checks import PathLike
from ..utils.errors import InputError
from ..video.decoding.container import opened

# Of an image that a network labels as a whole: the attention of more takes gigabytes.
MOST_IMAGE_PIXELS = 2**22


class UploadError(ValueError):
    """The bytes of a client are not a file that can be read. The message is for that client."""


@contextmanager
def uploaded(content: bytes, kind: str) -> Iterator[str]:
    """Yields the path of a temporary file with this content, which is removed afterwards.

    Args:
        content: The bytes of the file.
        kind: What it should be, for errors: `"video"` or `"image"`.

    Raises:
        UploadError: It cannot be read. The message does not tell the name of the temporary file.
    """
    if not content:
        raise UploadError(f"The file is empty. Expected {_article(kind)}.")
    # The name is new each time, because readers remember files by name.
    descriptor, path = tempfile.mkstemp(prefix="keras_nonlocal_")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        yield path
    except (InputError, ImageError) as error:
        cause = str(getattr(error, "cause", "")) or "it is damaged"
        raise UploadError(
            f"The file cannot be read as {_article(kind)}: {cause.replace(path, 'the file')}."
        ) from error
    finally:
        os.unlink(path)


def check_video_size(path: PathLike) -> None:
    """Raises unless the frames of a video fit into memory, as its header says."""
    with opened(path) as (_, stream):
        context = stream.codec_context
        _check_pixels(context.width, context.height, MOST_PIXELS)


def check_image_size(path: PathLike) -> None:
    """Raises unless an image is small enough for a network, as its header says."""
    height, width = upright_size(path)
    _check_pixels(width, height, MOST_IMAGE_PIXELS)


def _check_pixels(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise UploadError(
            f"The picture must have at most {most} pixels. Received: {width} x {height}. Make it "
            "smaller."
        )


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
