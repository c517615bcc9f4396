"""Criss-cross attention, in which each position attends to its own row and column."""

from __future__ import annotations

import keras

from ..ops.relatives import criss_cross
from ..utils.checks import positive_int
from .base_block import BaseBlock, valid


class BaseCrissCross(BaseBlock):
    """Computes `z = x + gamma sum_j softmax_j(theta(x_i) . phi(x_j)) g(x_j)`, several times."""

    def __init__(self, inner_channels: int | None = None, *, recurrence: int = 2, **kwargs):
        super().__init__(inner_channels, **kwargs)
        self.recurrence = positive_int("recurrence", recurrence)

    def build(self, input_shape):
        channels = self._channels(input_shape)
        inner = self.inner_channels or max(channels // 8, 1)
        self.theta = self._projection(inner, input_shape, "theta", "he_uniform")
        self.phi = self._projection(inner, input_shape, "phi", "he_uniform")
        self.g = self._projection(channels, input_shape, "g", "he_uniform")
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def call(self, x, mask=None):
        x = self._as_float(x)
        mask = self._over_grid(mask, x)
        for _ in range(self.recurrence):
            seen = valid(x, mask)
            x = x + self.gamma * criss_cross(self.theta(seen), self.phi(seen), self.g(seen), mask)
        return x

    def get_config(self):
        return {**super().get_config(), "recurrence": self.recurrence}


@keras.saving.register_keras_serializable("keras_nonlocal")
class CrissCross2D(BaseCrissCross):
    """Criss-cross attention for images `(B, H, W, C)`.

    Each position attends to the positions of its own row and column. Done twice with the same
    weights, each position sees the whole image, at a fraction of the cost of a non-local block. A
    new layer is the identity.

    Source: CCNet: Criss-Cross Attention for Semantic Segmentation (arXiv:1811.11721).

    Args:
        inner_channels: Number of channels of theta and phi. The default is an eighth of the number
            of input channels. g keeps all channels.
        recurrence: How often the layer is applied, with the same weights.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: An argument is no positive integer, or the input has another number of
            dimensions or an unknown number of channels.

    Example:

    >>> layer = keras_nonlocal.layers.CrissCross2D()
    >>> tuple(layer(keras.random.normal((2, 14, 14, 16))).shape)
    (2, 14, 14, 16)
    """

    rank = 2


@keras.saving.register_keras_serializable("keras_nonlocal")
class CrissCross3D(BaseCrissCross):
    """Criss-cross attention for clips `(B, T, H, W, C)`: row, column, and one place in all frames.

    Done three times, each position sees the whole clip.

    Args:
        inner_channels, **kwargs: As in `CrissCross2D`.
        recurrence: How often the layer is applied, with the same weights; two by default.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `CrissCross2D`.

    Example:

    >>> layer = keras_nonlocal.layers.CrissCross3D(recurrence=3)
    >>> tuple(layer(keras.random.normal((1, 4, 7, 7, 16))).shape)
    (1, 4, 7, 7, 16)
    """

    rank = 3
