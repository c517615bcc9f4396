"""Max pooling that says in words when a clip is too small for it."""

from __future__ import annotations

import keras

from ..ops.pooling import at_least


@keras.saving.register_keras_serializable("keras_nonlocal")
class MaxPool3D(keras.layers.MaxPooling3D):
    """`keras.layers.MaxPooling3D`, with an error that names what is too short.

    A network of unknown sizes takes any clip, and the kernels of TensorFlow speak of descriptors
    and negative dimensions when one is smaller than a window.

    Raises:
        ValueError: The input has fewer frames, rows or columns than a window.

    Example:

    >>> layer = keras_nonlocal.layers.MaxPool3D((2, 1, 1))
    >>> tuple(layer(keras.random.normal((1, 8, 7, 7, 16))).shape)
    (1, 4, 7, 7, 16)
    """

    def call(self, inputs):
        grid, window = tuple(inputs.shape[1:4]), self.pool_size
        if any(size and size < least for size, least in zip(grid, window, strict=True)):
            raise ValueError(
                f"{self.name!r} pools windows of {window} frames, rows and columns: give the "
                f"network clips of more frames, or larger ones. Received: {grid} at this layer"
            )
        return super().call(at_least(inputs, window, f"`{self.name}`"))
