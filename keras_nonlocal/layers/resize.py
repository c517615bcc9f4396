"""Bilinear resizing to the size of another tensor."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonlocal")
class ResizeLike(keras.layers.Layer):
    """Scales maps to the height and width of a reference, which may be dynamic.

    Corners are not aligned: pixels are areas, as in `tf.image.resize`.

    Call arguments:
        inputs: Maps `(B, h, w, C)` and a reference `(B, H, W, ...)`.

    Returns:
        `(B, H, W, C)`.

    Example:

    >>> keras_nonlocal.layers.ResizeLike()([np.zeros((1, 8, 8, 3)), np.zeros((1, 64, 60, 1))]).shape
    (1, 64, 60, 3)
    """

    def call(self, inputs):
        maps, reference = inputs
        size = ops.shape(reference)[1:3]
        return ops.image.resize(maps, size, interpolation="bilinear", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        maps, reference = input_shape
        return (maps[0], *reference[1:3], maps[-1])
