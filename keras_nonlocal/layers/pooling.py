"""Max pooling with a clear error for small clips, and average pooling with limited windows."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.pairwise import upcast
from ..ops.pooling import max_pool, require_grid
from ..ops.positions import check_channels_last
from ..utils.checks import positive_int


@keras.saving.register_keras_serializable("keras_nonlocal")
class MaxPool3D(keras.layers.MaxPooling3D):
    """`keras.layers.MaxPooling3D` with a clear error for inputs that are too small.

    A network of unknown input size accepts any clip. If a clip is smaller than a pooling window,
    the error of TensorFlow speaks only of descriptors and negative dimensions.

    Args:
        *args, **kwargs: As in `keras.layers.MaxPooling3D`: `pool_size`, `strides`, `padding`, ...

    Input shape: `(B, T, H, W, C)`.

    Raises:
        ValueError: The input has fewer frames, rows or columns than the window, or `data_format`
            is not channels last.

    Example:

    >>> layer = keras_nonlocal.layers.MaxPool3D((2, 1, 1))
    >>> tuple(layer(keras.random.normal((1, 8, 7, 7, 16))).shape)
    (1, 4, 7, 7, 16)
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        check_channels_last(type(self).__name__, self.data_format)

    def call(self, inputs):
        grid, window = tuple(inputs.shape[1:4]), self.pool_size
        if any(size and size < least for size, least in zip(grid, window, strict=True)):
            raise ValueError(
                f"{self.name!r} pools windows of {window} frames, rows and columns. Give the "
                f"network longer or larger clips. Received: {grid} at this layer"
            )
        inputs = require_grid(inputs, window, f"`{self.name}`")
        return max_pool(inputs, window, self.strides, self.padding)


@keras.saving.register_keras_serializable("keras_nonlocal")
class WindowAverage3D(keras.layers.Layer):
    """Averages over all frames and over each `size` x `size` window with stride 1.

    The official networks use it in their heads. They were trained on 7 x 7 feature maps, and a
    larger map becomes several overlapping windows. A smaller map is a single window. Height and
    width may be dynamic.

    Args:
        size: Height and width of the window, in positions of the feature map.

    Input shape: `(B, T, H, W, C)`. Output shape:
        `(B, 1, max(H - size, 0) + 1, max(W - size, 0) + 1, C)`.

    Raises:
        ValueError: `size` is no positive integer, or the input has not 5 dimensions.

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
        """Averages along one axis by adding the positions of a window.

        Differences of cumulative sums would be faster. But then positions outside of a window
        would leave their rounding errors in it.
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
            else:  # a map that is smaller than a window has fewer positions
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
