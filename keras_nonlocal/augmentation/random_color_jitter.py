"""Random brightness, contrast, saturation and hue."""

from __future__ import annotations

import keras
import tensorflow as tf

from .arguments import check_number
from .functional import color
from .functional.draws import between, uniforms
from .random_base import RandomAugmentation

# In this order; each with the value that changes nothing.
_CHANGES = {
    "brightness": (color.brightness, 1.0),
    "contrast": (color.contrast, 1.0),
    "saturation": (color.saturation, 1.0),
    "hue": (color.hue, 0.0),
}


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomColorJitter(RandomAugmentation):
    """Changes brightness, contrast, saturation and hue, in this order, each by a random factor.

    Args:
        brightness, contrast, saturation: The factor is drawn from `1 - value` to `1 + value`, and
            from 0 where the value is above one. Contrast is around the clip's mean luminance.
        hue: The circle of hues is turned by up to this part of it, either way; 0.5 at most. The
            slowest of the four.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Example:

    >>> clips = np.zeros((2, 8, 32, 32, 3), "uint8")
    >>> clips = RandomColorJitter(brightness=0.4, contrast=0.4, saturation=0.4)(clips)
    """

    _channels = 3

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
        used = {name: getattr(self, name) for name in _CHANGES if getattr(self, name)}
        numbers = uniforms(seeds, len(_CHANGES))

        def change(clip_and_numbers):
            clip, drawn = clip_and_numbers
            clip = tf.cast(clip, "float32")
            for place, (name, (function, middle)) in enumerate(_CHANGES.items()):
                if name in used:
                    low = max(middle - used[name], 0.0) if middle else -used[name]
                    clip = function(clip, between(drawn[place], low, middle + used[name]))
            return clip

        signature = tf.TensorSpec(clips.shape[1:], "float32")
        return tf.map_fn(change, (clips, numbers), fn_output_signature=signature), labels

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in _CHANGES}}
