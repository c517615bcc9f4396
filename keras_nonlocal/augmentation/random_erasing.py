"""Random erasing of boxes."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from .arguments import check_interval, check_number, per_channel
from .functional import boxes
from .functional.draws import uniforms
from .functional.geometry import cast_rounded
from .inputs import check_channels
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomErasing(RandomAugmentation):
    """Randomly erases a box from each clip, the same box in all frames.

    The box is drawn as in `RandomResizedCrop`. If none of ten boxes fits, the clip stays unchanged.

    Paper: Zhong et al., Random Erasing Data Augmentation (2020).

    Args:
        p: Probability of erasing a box from a clip.
        area: Range of the area of the box, as fractions of the frame.
        ratio: Range of width / height.
        value: Value of the erased pixels, 0..255: one number, or one number for each channel. The
            default is the mean that `Normalization` subtracts.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Raises:
        ValueError: An argument is out of range, or `value` has not one number for each channel.

    Example:

    >>> clips = RandomErasing(p=0.25)(np.zeros((2, 8, 32, 32, 3), "uint8"))
    """

    _arguments = ("p", "area", "ratio", "value")

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
        drawn, fits = boxes.drawn(numbers[:, 1:], tf.shape(clips)[2:4], self.area, self.ratio)
        chosen = fits & (numbers[:, 0] < self.p)
        value = cast_rounded(tf.constant(self.value, "float32"), clips.dtype)
        return boxes.fill(clips, drawn, chosen, value), labels
