"""Pixels to the numbers a network was trained on: the same in training and in prediction."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ..augmentation.functional.normalising import normalised
from .motion_crop import crop_along, path_of


def prepare(
    clips,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    motion_only: bool = False,
    follow: tuple[int, int] | None = None,
) -> tf.Tensor:
    """Normalises clips: `(..., T, H, W, 3)` of 0..255 to float32 of the same shape.

    Args:
        clips: One clip, or a batch of them, RGB.
        mean, std: One value a channel: `(pixel - mean) / std`; `None` leaves pixels as they are.
        motion_only: For cameras that stand still: takes the distance of each pixel from its mean
            over the clip, so that the background becomes zero and the colour of clothes does not
            matter, and divides by the root mean square over the clip. Without `mean` and `std`.
        follow: Height and width of a crop that moves along with what moves; with `motion_only`.

    Raises:
        ValueError: `follow` without `motion_only`, or only one of `mean` and `std`.

    Example:

    >>> clip = np.full((8, 32, 32, 3), 172.125)
    >>> float(prepare(clip, mean=(114.75,) * 3, std=(57.375,) * 3)[0, 0, 0, 0])
    1.0
    """
    if follow and not motion_only:
        raise ValueError("`follow` needs `motion_only=True`: it follows what moves.")
    if (mean is None) != (std is None):
        raise ValueError(f"Give both `mean` and `std`, or neither. Received: {mean=}, {std=}")
    clips = tf.cast(clips, "float32")
    if not motion_only:
        return clips if mean is None else normalised(clips, mean, std)
    moving = _motion(clips)
    if follow:
        moving = _followed(moving, moving, follow)
    power = tf.reduce_mean(tf.square(moving), axis=(-4, -3, -2, -1), keepdims=True)
    return moving / tf.maximum(tf.sqrt(power), 1.0)


def pixels_seen(clips, follow: tuple[int, int] | None = None) -> tf.Tensor:
    """The pixels that prepared clips show: clips as they are, or cropped along what moves.

    Args:
        clips: One clip, or a batch of them, `(..., T, H, W, 3)`.
        follow: As in `prepare`.

    Returns:
        Pixels of the same type; `(..., T, *follow, 3)` where a crop follows.

    Example:

    >>> pixels_seen(np.zeros((8, 96, 120, 3), "uint8"), follow=(64, 64)).shape
    TensorShape([8, 64, 64, 3])
    """
    clips = tf.convert_to_tensor(clips)
    if not follow:
        return clips
    pixels = tf.cast(clips, "float32")
    return tf.cast(tf.round(_followed(pixels, _motion(pixels), follow)), clips.dtype)


def _motion(clips):
    return tf.abs(clips - tf.reduce_mean(clips, axis=-4, keepdims=True))


def _followed(clips, motion, size):
    if clips.shape.rank == 4:
        return _followed(clips[None], motion[None], size)[0]
    return crop_along(clips, path_of(motion), size)
