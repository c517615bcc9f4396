"""Average pooling with a window that never exceeds the map."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.pairwise import upcast
from ..utils.checks import positive_int


@keras.saving.register_keras_serializable("keras_nonlocal")
class WindowAverage3D(keras.layers.Layer):
    """Averages all frames, and every `size` x `size` window of places with stride 1.

    The head of the official networks: trained on 7 x 7 maps, it sees a larger map as several
    overlapping ones. A smaller map is one window. Height and width may be dynamic.

    Args:
        size: Height and width of a window, in positions.

    Input shape: `(B, T, H, W, C)`. Output shape:
        `(B, 1, max(H - size, 0) + 1, max(W - size, 0) + 1, C)`.

    Example:

    >>> layer = keras_nonlocal.layers.WindowAverage3D(7)
    >>> tuple(layer(keras.random.normal((1, 4, 8, 8, 16))).shape)
    (1, 1, 2, 2, 16)
    """

    def __init__(self, size: int = 7, **kwargs):
        super().__init__(**kwargs)
        self.size = positive_int("size", size)
        self.input_spec = keras.layers.InputSpec(ndim=5)

    def call(self, x):
        x = ops.mean(x, axis=1, keepdims=True)
        for axis in (2, 3):
            x = self._average(x, axis)
        return x

    def _average(self, x, axis):
        """The mean of each window along one axis, summed place by place.

        Running totals would be quicker, but a window would keep rounding errors of places that
        lie outside of it.
        """
        length = ops.shape(x)[axis]
        known = isinstance(length, int)
        size = min(self.size, length) if known else ops.minimum(self.size, length)
        dtype, x = x.dtype, ops.moveaxis(upcast(x), axis, 0)
        windows = length - size + 1
        total = x[:windows]
        for place in range(1, size if known else self.size):
            if known:
                total = total + x[place : place + windows]
            else:  # a map smaller than a window has fewer places
                shifted = x[ops.minimum(place, size - 1) :][:windows]
                total = total + ops.where(place < size, shifted, ops.zeros_like(shifted))
        mean = total / ops.cast(size, total.dtype)
        return ops.moveaxis(ops.cast(mean, dtype), 0, axis)

    def compute_output_shape(self, input_shape):
        batch, _, *grid, channels = input_shape
        grid = [None if size is None else max(size - self.size, 0) + 1 for size in grid]
        return (batch, 1, *grid, channels)

    def get_config(self):
        return {**super().get_config(), "size": self.size}
