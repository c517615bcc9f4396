"""Padding of images to a size that a pyramid can halve."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_nonlocal")
class PadToMultiple(keras.layers.Layer):
    """Extends images with zeros at the bottom and at the right.

    Args:
        multiple: Height and width of the result are multiples of this number of pixels.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: Images `(B, H, W, C)`.

    Returns:
        Images of the same or a larger size.
    """

    def __init__(self, multiple: int = 32, **kwargs):
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, inputs):
        height, width = (-size % self.multiple for size in ops.shape(inputs)[1:3])
        return ops.pad(inputs, ((0, 0), (0, height), (0, width), (0, 0)))

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        padded = (None if size is None else size + -size % self.multiple for size in sizes)
        return (batch, *padded, channels)

    def get_config(self):
        return {**super().get_config(), "multiple": self.multiple}
