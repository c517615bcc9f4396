"""Base class of layers that change an image together with its mask."""

from __future__ import annotations

import keras
import tensorflow as tf

IMAGES, MASKS = "images", "segmentation_masks"  # the keys that Keras's own layers use


class JointAugmentation(keras.layers.Layer):
    """Base class of stateless layers that change one image together with its mask.

    The result depends on the seed alone. Images are resampled bilinearly; masks take the nearest
    label, so no label is invented. A subclass implements `_change(image, mask, seed)`.

    Args:
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: An image `(H, W, 3)` of values from 0 to 255; or a dictionary of the image under
            `"images"` and its labels `(H, W)` under `"segmentation_masks"`.
        seed: The seed, two integers `(2,)`.
        training: If false, the inputs are returned.

    Returns:
        Inputs of the same structure. Images are float32, and labels keep their dtype.

    Raises:
        ValueError: The image or the mask has another number of dimensions.
    """

    _arguments: tuple[str, ...] = ()  # constructor arguments that are stored under the same name

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **kwargs)

    def __call__(self, inputs, seed=(0, 0), training=True):
        return self.call(inputs, seed, training)

    @tf.autograph.experimental.do_not_convert
    def call(self, inputs, seed=(0, 0), training=True):
        is_dict = isinstance(inputs, dict)
        image = tf.convert_to_tensor(inputs[IMAGES] if is_dict else inputs)
        mask = tf.convert_to_tensor(inputs[MASKS]) if is_dict and MASKS in inputs else None
        for name, tensor, rank in (("image", image, 3), ("mask", mask, 2)):
            if tensor is not None and tensor.shape.rank != rank:
                raise ValueError(
                    f"{type(self).__name__} changes one {name} of {rank} dimensions at a time. "
                    f"Received: {name} of shape {tuple(tensor.shape)}"
                )
        image = tf.cast(image, "float32")
        if training:
            image, mask = self._change(image, mask, tf.cast(seed, "int32"))
        if not is_dict:
            return image
        return {**inputs, IMAGES: image, **({} if mask is None else {MASKS: mask})}

    def _change(self, image, mask, seed):
        raise NotImplementedError(f"{type(self).__name__} must implement `_change`")

    def get_config(self):
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in self._arguments},
        }
