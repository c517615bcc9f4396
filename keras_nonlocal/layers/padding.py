"""Padding of images to sizes that a pyramid can halve, and what keeps it from changing results."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.rows import take_rows

MULTIPLE = 32  # the stride of the last stage


@keras.saving.register_keras_serializable("keras_nonlocal")
class PadToMultiple(keras.layers.Layer):
    """Extends images with zeros at the bottom and at the right, to multiples of 32 pixels.

    Call arguments:
        inputs: A list of images `(B, H, W, C)`, and their true heights and widths `(B, 2)`. What
            is outside of these is set to zero, too.

    Returns:
        Images of the same or a larger size.
    """

    def call(self, inputs):
        images, sizes = inputs
        ends = ops.cast(sizes, "int32")
        images = ops.where(_inside(ops.shape(images)[1:3], ends)[..., None], images, 0)
        height, width = (-size % MULTIPLE for size in ops.shape(images)[1:3])
        return ops.pad(images, ((0, 0), (0, height), (0, width), (0, 0)))

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape[0]
        padded = (None if size is None else size + -size % MULTIPLE for size in sizes)
        return (batch, *padded, channels)


def _inside(size, ends):
    """Returns which positions of maps are before the end of each image, bool `(B, h, w)`."""
    y, x = (ops.arange(number, dtype="int32")[None] for number in size)
    return (y < ends[:, :1])[:, :, None] & (x < ends[:, 1:])[:, None]


class _Padding(keras.layers.Layer):
    """Base of layers that treat features outside of an image as if the image were alone.

    A batch of images of different sizes has features in its padding, because norms and biases are
    not zero there. Convolutions would mix these features into those of the image. In training the
    layers do nothing, as in Detectron2.

    Call arguments:
        inputs: A list of features `(B, h, w, C)`, the true heights and widths of the images
            `(B, 2)`, and the padded images `(B, H, W, 3)`.
        training: Whether to return the features as they are.

    Returns:
        Features of the same shape.
    """

    def call(self, inputs, training=None):
        x, sizes, images = inputs
        x = ops.copy(x)  # another tensor, without the mask that a block has attached
        if training:
            return x
        ends, size = valid_positions(sizes, images, x)
        return ops.cond(
            ops.any(ends < _tensor(size)), lambda: self._without_padding(x, ends, size), lambda: x
        )

    def _without_padding(self, x, ends, size):
        raise NotImplementedError(f"{type(self).__name__} must implement `_without_padding`")

    def compute_output_shape(self, input_shape):
        return input_shape[0]


@keras.saving.register_keras_serializable("keras_nonlocal")
class ZeroInPadding(_Padding):
    """Sets features outside of an image to zero, as the padding of a convolution is.

    It ends the mask that a non-local block passes on.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, previous_mask=None):
        return None

    def _without_padding(self, x, ends, size):
        return ops.where(_inside(size, ends)[..., None], x, 0)


@keras.saving.register_keras_serializable("keras_nonlocal")
class BorderInPadding(_Padding):
    """Repeats the last features of an image outside of it, as RoI align reads them at a border."""

    def _without_padding(self, x, ends, size):
        for axis in (0, 1):  # rows, and then columns
            places = ops.minimum(ops.arange(size[axis], dtype="int32"), ends[:, axis, None] - 1)
            x = ops.swapaxes(take_rows(x, places), 1, 2)
        return x


@keras.saving.register_keras_serializable("keras_nonlocal")
class ImageMask(keras.layers.Layer):
    """Tells which positions of features belong to an image, bool `(B, h, w)`; in training, all.

    Call arguments:
        inputs: As for `ZeroInPadding`.
        training: Whether all positions count.
    """

    def call(self, inputs, training=None):
        x, sizes, images = inputs
        ends, size = valid_positions(sizes, images, x)
        inside = _inside(size, ends)
        return ops.ones_like(inside) if training else inside

    def compute_output_spec(self, inputs, training=None):
        return keras.KerasTensor(inputs[0].shape[:3], "bool")


def valid_positions(sizes, images, x):
    """Returns how many rows and columns of features belong to each image, and how many there are.

    Args:
        sizes: The true heights and widths of the images `(B, 2)`.
        images: The padded images `(B, H, W, 3)`.
        x: The features `(B, h, w, C)`.

    Returns:
        int32 `(B, 2)`, and the pair `(h, w)`.
    """
    size = ops.shape(x)[1:3]
    whole, cells = _tensor(ops.shape(images)[1:3]), _tensor(size)
    alone = (ops.cast(sizes, "int32") + MULTIPLE - 1) // MULTIPLE * MULTIPLE
    return ops.clip((alone * cells + whole - 1) // whole, 1, cells), size


def _tensor(size):
    return ops.convert_to_tensor(size, "int32")
