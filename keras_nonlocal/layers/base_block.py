"""What non-local layers and their relatives share: projections, masks, checks of the input."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.positions import check_channels_last
from ..utils.checks import positive_int


class BaseBlock(keras.layers.Layer):
    """A layer `(B, *grid, C) -> (B, *grid, C)` that adds to its input what it sees elsewhere."""

    rank: int  # the number of dimensions of the grid, set by each public subclass

    def __init__(self, inner_channels: int | None = None, **kwargs):
        check_channels_last(type(self).__name__, kwargs.pop("data_format", None))
        super().__init__(**kwargs)
        if inner_channels is not None:
            positive_int("inner_channels", inner_channels)
        self.inner_channels = inner_channels
        self.supports_masking = True
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "inner_channels": self.inner_channels}

    def _channels(self, input_shape) -> int:
        """Returns the number of channels, which further inputs must have, too."""
        channels = input_shape[-1]
        if channels is None:
            raise ValueError(
                f"The last dimension of the input to {self.name!r} (channels) must be known. "
                f"Received: input_shape={tuple(input_shape)}"
            )
        self.input_spec = keras.layers.InputSpec(ndim=self.rank + 2, axes={-1: channels})
        return channels

    def _projection(self, units, input_shape, name, kernel_initializer=None, use_bias=True):
        """A 1x1x1 convolution, written as a dense layer over the channels."""
        layer = keras.layers.Dense(
            units,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer or small_normal(),
            name=name,
            dtype=self.dtype_policy,
            trainable=self.trainable,
        )
        layer.build(input_shape)
        return layer

    def _as_float(self, x):
        """Casts integers, because Keras casts only floats; true and false are refused."""
        if keras.backend.standardize_dtype(x.dtype) == "bool":
            raise ValueError(f"The inputs of {self.name!r} must be numbers. Received: bool")
        return ops.cast(x, self.compute_dtype) if keras.backend.is_int_dtype(x.dtype) else x

    def _over_grid(self, mask, x):
        """Expands a mask `(B, L)`, `(B, T)` or of the whole grid to `(B, *grid, 1)` of 0 and 1."""
        if mask is None:
            return None
        mask = ops.cast(mask, x.dtype)
        mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (len(x.shape) - len(mask.shape))))
        return ops.broadcast_to(mask, (*ops.shape(x)[:-1], 1))


def valid(x, mask):
    """Zeros at masked positions, whatever they hold: not even NaN reaches a gradient."""
    return x if mask is None else ops.where(mask > 0, x, ops.zeros_like(x))


def rows(x):
    """`(B, *grid, C) -> (B * positions, C)`."""
    return ops.reshape(x, (-1, x.shape[-1]))


def small_normal():
    return keras.initializers.RandomNormal(stddev=0.01)  # as in the official code
