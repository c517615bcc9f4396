"""Random changes of the colors of an image, which leave its mask as it is."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..arguments import check_interval, check_number
from ..functional.draws import between, uniforms
from .base import IMAGES, JointAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class PhotometricDistortion(JointAugmentation):
    """Changes brightness, contrast, saturation and hue, each with probability 1/2.

    Contrast is changed either before or after saturation and hue, as in SSD (arXiv:1512.02325) and
    MMSegmentation.

    Args:
        brightness: The largest value that is added to all pixels.
        contrast: The range of the factor of all pixels.
        saturation: The range of the factor of the saturation.
        hue: The largest turn of the color wheel, in degrees.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        As for `JointRandomFlip`.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> PhotometricDistortion()(np.zeros((8, 8, 3), "uint8"), seed=(3, 4)).shape
    TensorShape([8, 8, 3])
    """

    _arguments = ("brightness", "contrast", "saturation", "hue")

    def __init__(
        self,
        brightness: float = 32.0,
        contrast: tuple[float, float] = (0.5, 1.5),
        saturation: tuple[float, float] = (0.5, 1.5),
        hue: float = 36.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.brightness = check_number("brightness", brightness, 0, 255)
        self.contrast = check_interval("contrast", contrast, 0, 10)
        self.saturation = check_interval("saturation", saturation, 0, 10)
        self.hue = check_number("hue", hue, 0, 180)

    def _change(self, example, seed):
        image = example[IMAGES]
        chosen, strength = tf.unstack(tf.reshape(uniforms(seed[None], 10), (2, 5)))
        turn = between(strength[3], -1.0, 1.0) * self.hue / 360

        def maybe(number, image, change):
            def changed():
                return tf.clip_by_value(change(image), 0.0, 255.0)

            return tf.cond(chosen[number] < 0.5, changed, lambda: image)

        def contrasted(image, here):
            factor = between(strength[1], *self.contrast)
            return tf.cond(here, lambda: maybe(1, image, lambda x: x * factor), lambda: image)

        added = between(strength[0], -1.0, 1.0) * self.brightness
        early = chosen[4] < 0.5
        image = maybe(0, image, lambda x: x + added)
        image = contrasted(image, early)
        factor = between(strength[2], *self.saturation)
        image = maybe(2, image, lambda x: tf.image.adjust_saturation(x, factor))
        image = maybe(3, image, lambda x: tf.image.adjust_hue(x, turn))
        return {**example, IMAGES: contrasted(image, ~early)}
