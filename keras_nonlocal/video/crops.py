"""How large a frame becomes, and which part of it stays: arithmetic, no files."""

from __future__ import annotations

import numpy as np

from ..utils.checks import positive_int, sizes


def scaled_shape(
    height: int,
    width: int,
    *,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
) -> tuple[int, int]:
    """The height and width a picture is scaled to, its aspect kept to the nearest pixel.

    Args:
        height, width: The picture as it is.
        short_side: What its shorter side becomes.
        size: `(H, W)` that it has to cover, as tightly as its aspect allows.

    Returns:
        The new height and width; the old ones where neither is asked for.

    Raises:
        ValueError: Both are asked for, or one is not a positive integer.

    >>> scaled_shape(240, 320, short_side=120)
    (120, 160)
    >>> scaled_shape(240, 320, size=(112, 112))
    (112, 149)
    """
    if short_side is not None and size is not None:
        raise ValueError(
            "Give `short_side` or `size`, not both. "
            f"Received: short_side={short_side!r}, size={size!r}"
        )
    if short_side is not None:
        size = (positive_int("short_side", short_side),) * 2
    return (height, width) if size is None else _covering(height, width, *sizes("size", size, 2))


def centre_crop(video: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle `size` of every frame: `(T, H, W, 3) -> (T, *size, 3)`, without copying."""
    height, width = size
    top = (video.shape[1] - height) // 2
    left = (video.shape[2] - width) // 2
    if top < 0 or left < 0:
        raise ValueError(
            f"`size` must fit into the video's {video.shape[1:3]}. Received: size={size!r}"
        )
    return video[:, top : top + height, left : left + width]


def spread_crops(video: np.ndarray, size: tuple[int, int], crops: int) -> list[np.ndarray]:
    """Crops of every frame from one end of its longer side to the other; one is the centre.

    Args:
        video: `(T, H, W, 3)`, frames that just cover `size`.
        size: `(H, W)` of each crop.
        crops: How many.

    Returns:
        Views of the video, each `(T, *size, 3)`: from left to right, or from top to bottom.

    >>> video = np.arange(4).reshape(1, 1, 4, 1)
    >>> [crop.ravel().tolist() for crop in spread_crops(video, (1, 2), 3)]
    [[0, 1], [1, 2], [2, 3]]
    """
    if positive_int("crops", crops) == 1:
        return [centre_crop(video, size)]
    height, width = size
    down, right = video.shape[1] - height, video.shape[2] - width
    starts = [(down * i // (crops - 1), right * i // (crops - 1)) for i in range(crops)]
    return [video[:, top : top + height, left : left + width] for top, left in starts]


def _covering(height: int, width: int, least_height: int, least_width: int) -> tuple[int, int]:
    """One side becomes exactly its least, the other at least its own."""
    if least_height * width >= least_width * height:
        return least_height, max(_rounded(width * least_height, height), least_width)
    return max(_rounded(height * least_width, width), least_height), least_width


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
