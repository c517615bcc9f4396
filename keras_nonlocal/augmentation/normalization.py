"""Normalization of pixel values for a network."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from .arguments import per_channel
from .base import ClipAugmentation
from .inputs import check_channels


def normalized(clips, mean, std) -> tf.Tensor:
    """`(clips - mean) / std` of float32 `(..., W, C)`, with one value or one for each channel.

    The values are repeated to whole rows of pixels. Broadcasting one value for each channel would
    take four times as long.
    """
    shape = tf.shape(clips)
    width, channels = shape[-2:-1], shape[-1:]
    rows = tf.reshape(clips, tf.concat([[-1], width * channels], 0))
    mean, std = (
        tf.tile(tf.broadcast_to(tf.cast(value, "float32"), channels), width)
        for value in (mean, std)
    )
    return tf.ensure_shape(tf.reshape((rows - mean) / std, shape), clips.shape)


@keras.saving.register_keras_serializable("keras_nonlocal")
class Normalization(ClipAugmentation):
    """Computes `(pixel - mean) / std`, and returns it in the compute dtype.

    It is the last layer of a chain, in training and in evaluation.

    Args:
        mean, std: One number, or one number for each channel, on the scale 0..255. The defaults are
            the values of the official networks.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`, uint8 or float, 0..255.

    Raises:
        ValueError: `std` is not positive, or there is not one number for each channel.

    Example:

    >>> float(Normalization()(np.full((1, 1, 1, 3), 172.125))[0, 0, 0, 0])
    1.0
    """

    keeps_integers = False
    _arguments = ("mean", "std")

    def __init__(
        self,
        mean: float | Sequence[float] = 114.75,
        std: float | Sequence[float] = 57.375,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.mean = per_channel("mean", mean, -1e6, 1e6)
        self.std = per_channel("std", std, 1e-6, 1e6)

    def _deterministic(self, clips, labels):
        check_channels("mean", self.mean, clips)
        check_channels("std", self.std, clips)
        return normalized(tf.cast(clips, "float32"), self.mean, self.std), labels
