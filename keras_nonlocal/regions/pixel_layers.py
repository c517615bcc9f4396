"""Layers around a detection network that make it a model of images as they are in files."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..augmentation.joint.resize import short_side_size
from ..augmentation.normalization import normalized
from ..ops.box_formats import to_pixels
from .network import IMAGES, SIZES


@keras.saving.register_keras_serializable("keras_nonlocal")
class NetworkInputs(keras.layers.Layer):
    """Scales and normalizes images for a detection network, in the graph.

    The scaled pixels are those of Pillow's bilinear filter, which rounds after the columns and
    after the rows, except that now and then one is rounded the other way.

    Args:
        short_side, max_side, mean, std, channel_order: As in
            `keras_nonlocal.images.DetectionImage`.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        images: uint8 `(B, H, W, 3)`, RGB pixels.

    Returns:
        A dictionary of `"images"`, float32 `(B, H', W', 3)`, and `"sizes"`, int32 `(B, 2)`.
    """

    def __init__(self, *, short_side, max_side, mean, std, channel_order="rgb", **kwargs):
        super().__init__(autocast=False, **{"dtype": "float32", **kwargs})
        self.short_side, self.max_side = short_side, max_side
        self.mean, self.std, self.channel_order = tuple(mean), tuple(std), channel_order

    def call(self, images):
        old = tf.shape(images)[1:3]
        filled = tf.debugging.assert_positive(
            old, "The images must have at least one pixel: uint8 (B, H, W, 3)."
        )
        with tf.control_dependencies([filled]):
            size = short_side_size(old, self.short_side, self.max_side)
        pixels = tf.cast(images, "float32")
        for steps in (tf.stack([old[0], size[1]]), size):
            pixels = tf.floor(tf.image.resize(pixels, steps, antialias=True) + 0.5)
        pixels = normalized(tf.ensure_shape(pixels, (None, None, None, 3)), self.mean, self.std)
        if self.channel_order == "bgr":
            pixels = pixels[..., ::-1]
        return {IMAGES: pixels, SIZES: tf.tile(size[None], (tf.shape(images)[0], 1))}

    def compute_output_spec(self, images):
        batch = images.shape[0]
        pixels = keras.KerasTensor((batch, None, None, 3))
        return {IMAGES: pixels, SIZES: keras.KerasTensor((batch, 2), "int32")}

    def get_config(self):
        names = ("short_side", "max_side", "mean", "std", "channel_order")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("keras_nonlocal")
class ImageCoordinates(keras.layers.Layer):
    """Moves what a network found in a scaled image to the pixels of the image itself.

    Args:
        bounding_box_format: The format of the boxes of the network.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: The dictionary of the outputs of the network, of `"pixels"`, the images
            `(B, H, W, 3)`, and of `"sizes"`, the sizes of the scaled ones `(B, 2)`.

    Returns:
        The dictionary of the outputs, with boxes as corners in pixels; what does not exist is -1.
    """

    def __init__(self, bounding_box_format: str = "xyxy", **kwargs):
        super().__init__(autocast=False, **{"dtype": "float32", **kwargs})
        self.bounding_box_format = bounding_box_format

    def call(self, inputs):
        found = {name: x for name, x in inputs.items() if name not in ("pixels", SIZES)}
        sides = tf.cast(tf.shape(inputs["pixels"])[1:3][::-1], "float32")  # width and height
        scale = (sides / tf.cast(inputs[SIZES][:, ::-1], "float32"))[:, None]
        exists = (found["labels"] >= 0)[..., None]
        boxes = to_pixels(found["boxes"], self.bounding_box_format, inputs[SIZES])
        boxes = tf.minimum(boxes * tf.tile(scale, (1, 1, 2)), tf.tile(sides, (2,)))
        found["boxes"] = tf.where(exists, boxes, found["boxes"])
        if "keypoints" in found:
            points = found["keypoints"]
            moved = tf.concat([points[..., :2] * scale[:, :, None], points[..., 2:]], axis=-1)
            found["keypoints"] = tf.where(exists[..., None], moved, points)
        return found

    def compute_output_spec(self, inputs):
        kept = {name: x for name, x in inputs.items() if name not in ("pixels", SIZES)}
        return {name: keras.KerasTensor(x.shape, x.dtype) for name, x in kept.items()}

    def get_config(self):
        return {**super().get_config(), "bounding_box_format": self.bounding_box_format}
