"""Pixels to the numbers a network takes."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from .arguments import per_channel
from .base import ClipAugmentation
from .functional.normalization import normalized
from .inputs import check_channels


@keras.saving.register_keras_serializable("keras_nonlocal")
class Normalization(ClipAugmentation):
    """`(pixel - mean) / std`, in the compute dtype; the last step, in training and evaluation.

    Args:
        mean, std: One number, or one a channel. The defaults are those of the official networks.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`, uint8 or float, 0..255.

    Example:

    >>> float(Normalization()(np.full((1, 1, 1, 3), 172.125))[0, 0, 0, 0])
    1.0
    """

    keeps_integers = False

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

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "std": self.std}
