"""The global context block, a simplified non-local block whose attention all positions share."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.relatives import attention_pool
from .base_block import BaseBlock, valid


class BaseGlobalContext(BaseBlock):
    """Computes `z = x + W_2 ReLU(LN(W_1 sum_j softmax_j(w . x_j) x_j))`."""

    def build(self, input_shape):
        channels = self._channels(input_shape)
        inner = self.inner_channels or max(channels // 4, 1)
        self.context = self._projection(1, (None, None, channels), "context")
        self.reduce = self._projection(inner, (None, 1, channels), "reduce", "glorot_uniform")
        self.norm = keras.layers.LayerNormalization(
            epsilon=1e-5, name="norm", dtype=self.dtype_policy, trainable=self.trainable
        )
        self.norm.build((None, 1, inner))
        self.expand = self._projection(channels, (None, 1, inner), "expand", "zeros")

    def call(self, x, mask=None):
        x = self._as_float(x)
        mask = self._over_grid(mask, x)
        batch, *grid, channels = ops.shape(x)
        positions = ops.reshape(valid(x, mask), (batch, -1, channels))
        key_mask = None if mask is None else ops.reshape(mask, (batch, -1)) > 0
        y = attention_pool(self.context(positions), positions, key_mask)
        y = self.expand(ops.relu(self.norm(self.reduce(y))))
        return x + ops.reshape(y, (batch, *[1] * len(grid), channels))


@keras.saving.register_keras_serializable("keras_nonlocal")
class GlobalContext1D(BaseGlobalContext):
    """Global context layer for sequences `(B, L, C)`: all steps add one summary of all steps.

    A mask `(B, L)` hides padded steps.

    Args:
        inner_channels, **kwargs: As in `GlobalContext3D`.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `GlobalContext3D`.

    Example:

    >>> layer = keras_nonlocal.layers.GlobalContext1D()
    >>> tuple(layer(keras.random.normal((2, 50, 16))).shape)
    (2, 50, 16)
    """

    rank = 1


@keras.saving.register_keras_serializable("keras_nonlocal")
class GlobalContext2D(BaseGlobalContext):
    """Global context layer for images `(B, H, W, C)`: all positions add one summary of the image.

    Args:
        inner_channels, **kwargs: As in `GlobalContext3D`.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: As for `GlobalContext3D`.

    Example:

    >>> layer = keras_nonlocal.layers.GlobalContext2D()
    >>> tuple(layer(keras.random.normal((2, 14, 14, 16))).shape)
    (2, 14, 14, 16)
    """

    rank = 2


@keras.saving.register_keras_serializable("keras_nonlocal")
class GlobalContext3D(BaseGlobalContext):
    """Global context layer for clips `(B, T, H, W, C)`: all positions add one summary of the clip.

    In trained non-local blocks, nearly all positions attend to the same places. This layer
    computes one attention for all of them, which costs a hundredth of a non-local block. A new
    layer is the identity.

    Source: GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond
    (arXiv:1904.11492), equation 5.

    Args:
        inner_channels: Number of channels between the two projections of the summary. The default
            is a quarter of the number of input channels, as in the published segmentation networks.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        A tensor of the shape of the input.

    Raises:
        ValueError: `inner_channels` is no positive integer, or the input has another number of
            dimensions or an unknown number of channels.

    Example:

    >>> layer = keras_nonlocal.layers.GlobalContext3D()
    >>> tuple(layer(keras.random.normal((1, 4, 7, 7, 16))).shape)
    (1, 4, 7, 7, 16)
    """

    rank = 3
