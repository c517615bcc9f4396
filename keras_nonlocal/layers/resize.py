"""Bilinear resizing to the size of another tensor."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.resize import resize_bilinear


@keras.saving.register_keras_serializable("keras_nonlocal")
class ResizeLike(keras.layers.Layer):
    """Resizes feature maps bilinearly to the height and width of a reference.

    The sizes may be dynamic.

    Args:
        align_corners: Whether the centers of the corner pixels of both sizes lie on each other, as
            in networks that were trained so. By default pixels are areas, whose outer edges lie on
            each other, as in `tf.image.resize`.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: A pair of feature maps `(B, h, w, C)` and a reference `(B, H, W, ...)`.

    Returns:
        `(B, H, W, C)`.

    Example:

    >>> maps, image = np.zeros((1, 8, 8, 3)), np.zeros((1, 64, 60, 3))
    >>> tuple(keras_nonlocal.layers.ResizeLike()([maps, image]).shape)
    (1, 64, 60, 3)
    """

    def __init__(self, *, align_corners: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.align_corners = align_corners

    def call(self, inputs):
        maps, reference = inputs
        return resize_bilinear(maps, ops.shape(reference)[1:3], align_corners=self.align_corners)

    def compute_output_shape(self, input_shape):
        maps, reference = input_shape
        return (maps[0], *reference[1:3], maps[-1])

    def get_config(self):
        return {**super().get_config(), "align_corners": self.align_corners}
