"""Holes in clips."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from .arguments import check_interval, check_number, per_channel
from .functional import boxes
from .functional.draws import uniforms
from .functional.geometry import cast_rounded
from .functional.mixing import fill
from .inputs import check_channels
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomErasing(RandomAugmentation):
    """Erases a box from a clip, the same one in all its frames.

    The box is drawn as in `RandomResizedCrop`; a clip in which none of ten tries fits is left as
    it is. Paper: Zhong et al., Random Erasing Data Augmentation (2020).

    Args:
        p: Of each clip to be erased from.
        area: Range of the area, in parts of the frame.
        ratio: Range of width / height.
        value: What is written, 0..255: one number, or one a channel. The default is the mean that
            `Normalization` takes away.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Example:

    >>> clips = RandomErasing(p=0.25)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    def __init__(
        self,
        p: float = 0.5,
        area: tuple[float, float] = (0.02, 0.33),
        ratio: tuple[float, float] = (0.3, 3.3),
        value: float | Sequence[float] = 114.75,
        *,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.p = check_number("p", p, 0, 1)
        self.area = check_interval("area", area, 1e-6, 1.0)
        self.ratio = check_interval("ratio", ratio, 1e-3, 1e3)
        self.value = per_channel("value", value, 0, 255)

    def _augment(self, clips, labels, seeds):
        check_channels("value", self.value, clips)
        numbers = uniforms(seeds, boxes.NUM_DRAWS + 1)
        drawn, found = boxes.drawn(numbers[:, 1:], tf.shape(clips)[2:4], self.area, self.ratio)
        chosen = found & (numbers[:, 0] < self.p)
        value = cast_rounded(tf.constant(self.value, "float32"), clips.dtype)
        return fill(clips, drawn, chosen, value), labels

    def get_config(self):
        own = {name: getattr(self, name) for name in ("p", "area", "ratio", "value")}
        return {**super().get_config(), **own}
