"""Random brightness, contrast, saturation and hue."""

from __future__ import annotations

import keras
import tensorflow as tf

from .arguments import check_number
from .functional import color
from .functional.draws import between, uniforms
from .random_base import RandomAugmentation

# The functions in order, each with the factor that changes nothing.
_FUNCTIONS = {
    "brightness": (color.brightness, 1.0),
    "contrast": (color.contrast, 1.0),
    "saturation": (color.saturation, 1.0),
    "hue": (color.hue, 0.0),
}


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomColorJitter(RandomAugmentation):
    """Randomly changes brightness, contrast, saturation and hue, in this order.

    Args:
        brightness, contrast, saturation: The factor is drawn from `max(0, 1 - value)` to
            `1 + value`. Contrast is measured from the mean luminance of the clip.
        hue: Largest rotation of the color wheel in both directions, as a fraction of a full turn,
            at most 0.5. It is the slowest of the four changes.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Raises:
        ValueError: An argument is out of range, or clips do not have 3 channels.

    Example:

    >>> clips = np.zeros((2, 8, 32, 32, 3), "uint8")
    >>> clips = RandomColorJitter(brightness=0.4, contrast=0.4, saturation=0.4)(clips)
    """

    _channels = 3
    _arguments = tuple(_FUNCTIONS)

    def __init__(
        self,
        brightness: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
        hue: float = 0.0,
        *,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.brightness = check_number("brightness", brightness, 0, 10)
        self.contrast = check_number("contrast", contrast, 0, 10)
        self.saturation = check_number("saturation", saturation, 0, 10)
        self.hue = check_number("hue", hue, 0, 0.5)

    def _augment(self, clips, labels, seeds):
        numbers = uniforms(seeds, len(_FUNCTIONS))

        def augment_clip(clip_and_numbers):
            clip, numbers = clip_and_numbers
            clip = tf.cast(clip, "float32")
            for index, (name, (function, neutral)) in enumerate(_FUNCTIONS.items()):
                if spread := getattr(self, name):
                    low = max(neutral - spread, 0.0) if neutral else -spread
                    clip = function(clip, between(numbers[index], low, neutral + spread))
            return clip

        signature = tf.TensorSpec(clips.shape[1:], "float32")
        return tf.map_fn(augment_clip, (clips, numbers), fn_output_signature=signature), labels
