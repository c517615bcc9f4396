"""Pixels to the numbers that networks take."""

from __future__ import annotations

import tensorflow as tf


def normalized(clips, mean, std) -> tf.Tensor:
    """`(clips - mean) / std` of float32 `(..., W, C)`, for one value or one a channel.

    By rows of pixels, to which values are repeated: a value a channel takes four times as long to
    broadcast.
    """
    shape = tf.shape(clips)
    width, channels = shape[-2:-1], shape[-1:]
    rows = tf.reshape(clips, tf.concat([[-1], width * channels], 0))
    mean, std = (
        tf.tile(tf.broadcast_to(tf.cast(value, "float32"), channels), width)
        for value in (mean, std)
    )
    return tf.ensure_shape(tf.reshape((rows - mean) / std, shape), clips.shape)
