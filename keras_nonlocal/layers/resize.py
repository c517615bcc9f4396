"""Bilinear resizing to the size of another tensor."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonlocal")
class ResizeLike(keras.layers.Layer):
    """Resizes feature maps bilinearly to the height and width of a reference.

    The sizes may be dynamic. Corners are not aligned: pixels are areas, as in `tf.image.resize`.

    Call arguments:
        inputs: A pair of feature maps `(B, h, w, C)` and a reference `(B, H, W, ...)`.

    Returns:
        `(B, H, W, C)`.

    Example:

    >>> maps, image = np.zeros((1, 8, 8, 3)), np.zeros((1, 64, 60, 3))
    >>> tuple(keras_nonlocal.layers.ResizeLike()([maps, image]).shape)
    (1, 64, 60, 3)
    """

    def call(self, inputs):
        maps, reference = inputs
        for axis in (1, 2):
            weights = _bilinear(ops.shape(maps)[axis], ops.shape(reference)[axis], maps.dtype)
            maps = ops.moveaxis(ops.tensordot(maps, weights, axes=[[axis], [1]]), -1, axis)
        return maps

    def compute_output_shape(self, input_shape):
        maps, reference = input_shape
        return (maps[0], *reference[1:3], maps[-1])


def _bilinear(size, new_size, dtype):
    """The weight of each of `size` old pixels in each of `new_size` new ones: `(new_size, size)`.

    `keras.ops.image.resize` cannot be used, because it needs sizes that are known at tracing.
    """
    precise = "float64" if dtype == "float64" else "float32"
    centers = ops.arange(new_size, dtype=precise) + 0.5
    centers = centers * (ops.cast(size, precise) / ops.cast(new_size, precise)) - 0.5
    centers = ops.clip(centers, 0, ops.cast(size - 1, precise))
    distance = centers[:, None] - ops.arange(size, dtype=precise)[None]
    return ops.cast(ops.relu(1 - ops.absolute(distance)), dtype)
