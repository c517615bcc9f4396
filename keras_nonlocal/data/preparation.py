"""Pixels to the numbers a network was trained on: the same in training and in prediction."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def prepare(
    clips, *, mean: Sequence[float], std: Sequence[float], motion_only: bool = False
) -> tf.Tensor:
    """Normalises clips: `(..., T, H, W, 3)` of 0..255 to float32 of the same shape.

    Args:
        clips: One clip, or a batch of them, RGB.
        mean, std: One value a channel: `(pixel - mean) / std`.
        motion_only: For cameras that stand still: takes off each pixel's mean over the clip in
            place of `mean`, so that the background becomes zero, and divides by the standard
            deviation of what is left in place of `std`.

    Example:

    >>> clip = np.full((8, 32, 32, 3), 172.125)
    >>> float(prepare(clip, mean=(114.75,) * 3, std=(57.375,) * 3)[0, 0, 0, 0])
    1.0
    """
    clips = tf.cast(clips, "float32")
    if not motion_only:
        return (clips - mean) / std
    motion = clips - tf.reduce_mean(clips, axis=-4, keepdims=True)
    spread = tf.math.reduce_std(motion, axis=(-4, -3, -2, -1), keepdims=True)
    return motion / tf.maximum(spread, 1.0)
