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
    """Applies a few of fourteen random operations to each clip.

    The operations are identity, shear and translation (in both directions), rotation, brightness,
    color, contrast, sharpness, posterize, solarize, autocontrast and equalize, with torchvision's
    ranges. Means, extreme values and histograms are computed over the whole clip.

    Paper: Cubuk et al., RandAugment: Practical automated data augmentation with a reduced search
    space (2020).

    Args:
        num_layers: Number of operations for each clip.
        magnitude: Strength of the operations, from 0 to 30.
        fill: Value of pixels that come in from outside the frame, from 0 to 255.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Raises:
        ValueError: An argument is out of range, or clips do not have 3 channels.

    Example:

    >>> clips = RandAugment(magnitude=9)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _channels = 3
    _arguments = ("num_layers", "magnitude", "fill")

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

        def augment_clip(clip_and_numbers):
            clip, numbers = clip_and_numbers
            clip = tf.cast(clip, "float32")
            for layer in range(self.num_layers):
                clip = self._operate(clip, *tf.unstack(numbers[layer]))
            return clip

        signature = tf.TensorSpec(clips.shape[1:], "float32")
        return tf.map_fn(augment_clip, (clips, numbers), fn_output_signature=signature), labels

    def _operate(self, clip, choice, direction):
        sign, strength = tf.where(direction < 0.5, -1.0, 1.0), self.magnitude / HIGHEST
        branches = [
            partial(operation, clip, strength, sign, self.fill) for operation in OPERATIONS.values()
        ]
        index = integers(choice, len(branches))
        return tf.ensure_shape(tf.switch_case(index, branches), clip.shape)
