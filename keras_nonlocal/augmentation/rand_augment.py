"""RandAugment for clips."""

from __future__ import annotations

from functools import partial

import keras
import tensorflow as tf

from ..utils.checks import positive_int
from .arguments import check_number
from .functional.draws import integers, uniforms
from .functional.operations import HIGHEST, OPERATIONS
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandAugment(RandomAugmentation):
    """Applies a few of fourteen operations to a clip, one after the other, drawn once a clip.

    Identity, shear and shift (both ways), rotation, brightness, color, contrast, sharpness,
    posterize, solarize, autocontrast and equalize, with torchvision's ranges. What depends on the
    picture (means, darkest values, counts) is taken from the whole clip. See `OPERATIONS`.

    Paper: Cubuk et al., RandAugment: Practical automated data augmentation with a reduced search
    space (2020).

    Args:
        num_layers: Operations a clip.
        magnitude: How strong they are, 0 to 30.
        fill: What comes in from outside of the picture.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Example:

    >>> clips = RandAugment(magnitude=9)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _channels = 3

    def __init__(
        self,
        num_layers: int = 2,
        magnitude: float = 9,
        *,
        fill: float = 0.0,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.num_layers = positive_int("num_layers", num_layers)
        self.magnitude = check_number("magnitude", magnitude, 0, HIGHEST)
        self.fill = check_number("fill", fill, 0, 255)

    def _augment(self, clips, labels, seeds):
        numbers = tf.reshape(uniforms(seeds, 2 * self.num_layers), (-1, self.num_layers, 2))

        def change(clip_and_numbers):
            clip, drawn = clip_and_numbers
            clip = tf.cast(clip, "float32")
            for layer in range(self.num_layers):
                clip = self._operate(clip, *tf.unstack(drawn[layer]))
            return clip

        signature = tf.TensorSpec(clips.shape[1:], "float32")
        return tf.map_fn(change, (clips, numbers), fn_output_signature=signature), labels

    def _operate(self, clip, which, way):
        sign, part = tf.where(way < 0.5, -1.0, 1.0), self.magnitude / HIGHEST
        branches = [partial(each, clip, part, sign, self.fill) for each in OPERATIONS.values()]
        return tf.ensure_shape(tf.switch_case(integers(which, len(branches)), branches), clip.shape)

    def get_config(self):
        own = {name: getattr(self, name) for name in ("num_layers", "magnitude", "fill")}
        return {**super().get_config(), **own}
