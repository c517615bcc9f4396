"""Pixels -> what a network sees: the same arithmetic in training and in prediction."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def prepare(
    clips: tf.Tensor, *, mean: Sequence[float], std: Sequence[float], subtract_mean: bool = False
) -> tf.Tensor:
    """Normalises clips: `(..., T, H, W, 3)` of 0..255 to float32 of the same shape.

    Args:
        clips: One clip, or a batch of them.
        mean, std: One value a channel.
        subtract_mean: Takes off each pixel's mean over its clip in place of `mean`: what does
            not move becomes zero.

    Example:
        batch = prepare(clips, mean=recipe.mean, std=recipe.std)
    """
    clips = tf.cast(clips, "float32")
    centre = tf.reduce_mean(clips, axis=-4, keepdims=True) if subtract_mean else mean
    return (clips - centre) / std
