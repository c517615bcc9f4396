"""Random changes of pixel values: grayscale, negatives, tint and noise."""

from __future__ import annotations

import keras
import tensorflow as tf

from .arguments import check_number
from .functional import color
from .functional.draws import between, for_use, normals, uniforms
from .functional.geometry import cast_rounded
from .random_base import RandomAugmentation


class _WithProbability(RandomAugmentation):
    """Base class that changes randomly chosen clips, and computes nothing for the others.

    A subclass implements `_changed(clips)`.
    """

    _arguments = ("p",)

    def __init__(self, p: float, *, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.p = check_number("p", p, 0, 1)

    def _augment(self, clips, labels, seeds):
        chosen = tf.where(uniforms(seeds, 1)[:, 0] < self.p)
        changed = cast_rounded(self._changed(tf.gather_nd(clips, chosen)), clips.dtype)
        return tf.tensor_scatter_nd_update(clips, chosen, changed), labels


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomGrayscale(_WithProbability):
    """Randomly converts clips to grayscale, all frames of a clip or none.

    Each pixel gets its luminance in all three channels.

    Args:
        p: Probability of converting a clip.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Raises:
        ValueError: `p` is out of range, or clips do not have 3 channels.

    Example:

    >>> clips = RandomGrayscale(0.2)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _channels = 3

    def _changed(self, clips):
        return color.saturation(tf.cast(clips, "float32"), 0.0)


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomInvert(_WithProbability):
    """Randomly makes negatives of clips, `255 - value`: dark on bright becomes bright on dark.

    Args:
        p: Probability of inverting a clip.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Raises:
        ValueError: `p` is out of range.

    Example:

    >>> RandomInvert(1.0)(np.array([[[[0, 55, 255]]]], "uint8")).numpy().ravel().tolist()
    [255, 200, 0]
    """

    def _changed(self, clips):
        return 255 - clips


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomTint(RandomAugmentation):
    """Multiplies each channel of a clip by a random factor, as colored light does.

    Args:
        tint: Factors are drawn from `1 - tint` to `1 + tint`.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, 3)` or `(T, H, W, 3)`, RGB.

    Raises:
        ValueError: `tint` is out of range, or clips do not have 3 channels.

    Example:

    >>> clips = RandomTint(0.2)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _channels = 3
    _arguments = ("tint",)

    def __init__(self, tint: float, *, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.tint = check_number("tint", tint, 0, 1)

    def _augment(self, clips, labels, seeds):
        factors = between(uniforms(seeds, self._channels), 1 - self.tint, 1 + self.tint)
        return color.tint(tf.cast(clips, "float32"), factors), labels


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomNoise(RandomAugmentation):
    """Adds normal noise, as a camera does in bad light.

    All frames of a clip get noise of the same strength, but each frame gets its own noise.

    Args:
        deviation: Largest standard deviation, on the scale 0..255. The standard deviation of a clip
            is drawn from 0 to this value.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Raises:
        ValueError: `deviation` is out of range.

    Example:

    >>> clips = RandomNoise(4.0)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _arguments = ("deviation",)

    def __init__(self, deviation: float, *, seed: int | None = None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.deviation = check_number("deviation", deviation, 0, 255)

    def _augment(self, clips, labels, seeds):
        strengths = self.deviation * uniforms(seeds, 1)[:, :, None, None, None]
        noise = strengths * normals(for_use(seeds, 1), clips)
        return tf.clip_by_value(tf.cast(clips, "float32") + noise, 0.0, 255.0), labels
