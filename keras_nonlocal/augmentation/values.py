"""Random changes of values where they are: gray, negatives, tint, noise."""

from __future__ import annotations

import keras
import tensorflow as tf

from .arguments import check_number
from .functional import color
from .functional.draws import between, for_use, normals, uniforms
from .functional.geometry import cast_rounded
from .random_base import RandomAugmentation


class _Chance(RandomAugmentation):
    """Changes the chosen clips, and computes nothing for others: a subclass writes `_changed`."""

    def __init__(self, p: float, *, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.p = check_number("p", p, 0, 1)

    def _augment(self, clips, labels, seeds):
        chosen = tf.where(uniforms(seeds, 1)[:, 0] < self.p)
        changed = cast_rounded(self._changed(tf.gather_nd(clips, chosen)), clips.dtype)
        return tf.tensor_scatter_nd_update(clips, chosen, changed), labels

    def get_config(self):
        return {**super().get_config(), "p": self.p}


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomGrayscale(_Chance):
    """Takes the color from a clip: each pixel becomes its luminance, in all frames or none.

    Args:
        p: Of each clip to become gray.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Example:

    >>> clips = RandomGrayscale(0.2)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _channels = 3

    def _changed(self, clips):
        return color.saturation(tf.cast(clips, "float32"), 0.0)


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomInvert(_Chance):
    """Makes a negative of a clip, `255 - value`: dark on bright becomes bright on dark.

    Args:
        p: Of each clip to become a negative.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Example:

    >>> RandomInvert(1.0)(np.array([[[[0, 55, 255]]]], "uint8")).numpy().ravel().tolist()
    [255, 200, 0]
    """

    def _changed(self, clips):
        return 255 - clips


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomTint(RandomAugmentation):
    """Multiplies each channel of a clip by a factor of its own, as light of another color does.

    Args:
        tint: Factors are drawn from `1 - tint` to `1 + tint`.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Example:

    >>> clips = RandomTint(0.2)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _channels = 3

    def __init__(self, tint: float, *, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.tint = check_number("tint", tint, 0, 1)

    def _augment(self, clips, labels, seeds):
        factors = between(uniforms(seeds, self._channels), 1 - self.tint, 1 + self.tint)
        return color.tint(tf.cast(clips, "float32"), factors), labels

    def get_config(self):
        return {**super().get_config(), "tint": self.tint}


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomNoise(RandomAugmentation):
    """Adds normal noise, as a camera does in bad light: as strong, but not the same, in each frame.

    Args:
        deviation: The standard deviation, of 255, is drawn from 0 to this, once a clip.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Example:

    >>> clips = RandomNoise(4.0)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    def __init__(self, deviation: float, *, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.deviation = check_number("deviation", deviation, 0, 255)

    def _augment(self, clips, labels, seeds):
        strengths = self.deviation * uniforms(seeds, 1)[:, :, None, None, None]
        noise = strengths * normals(for_use(seeds, 1), clips)
        return tf.clip_by_value(tf.cast(clips, "float32") + noise, 0.0, 255.0), labels

    def get_config(self):
        return {**super().get_config(), "deviation": self.deviation}
