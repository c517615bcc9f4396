"""Multi-scale crops as in MMAction2."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from ..utils.checks import at_least, one_of
from .arguments import check_numbers
from .crops import ScaledCrop
from .functional import boxes
from .functional.draws import integers, uniforms

# Top and left margin of a box, in quarters of the free space.
_CORNERS_AND_CENTER = ((0, 0), (0, 4), (4, 0), (4, 4), (2, 2))
_BETWEEN = ((0, 2), (2, 0), (2, 4), (4, 2), (1, 1), (1, 3), (3, 1), (3, 3))
_POSITIONS = {5: _CORNERS_AND_CENTER, 13: (*_CORNERS_AND_CENTER, *_BETWEEN), None: ()}


@keras.saving.register_keras_serializable("keras_nonlocal")
class MultiScaleCrop(ScaledCrop):
    """Randomly crops clips at several scales of the shorter side, and resizes the crops.

    This is the crop of temporal segment networks (Wang et al., 2016) as MMAction2 trains with it.
    In evaluation, the crop is the center, and both sides have the largest scale.

    Args:
        size: Height and width of the output in pixels; one integer sets both. If a side of a box
            differs from `size` by less than three pixels, it becomes `size`, provided that the
            frame is large enough.
        scales: Possible heights and widths, as fractions of the shorter side of the frame.
        steps_apart: Height and width may be at most this many entries of `scales` apart. All such
            pairs have the same probability.
        positions: Number of possible positions of the box, all with the same probability: 5 for the
            corners and the center; 13 for these, the middles of the sides and the centers of the
            four quarters; None for any position.
        antialias: Whether to average pixels where the box gets smaller, which is slower.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> clips = np.zeros((2, 8, 64, 85, 3), "uint8")
    >>> MultiScaleCrop(56, scales=(1.0, 0.8))(clips).shape
    TensorShape([2, 8, 56, 56, 3])
    """

    _arguments = (*ScaledCrop._arguments, "scales", "steps_apart", "positions")

    def __init__(
        self,
        size: int | tuple[int, int],
        scales: Sequence[float] = (1.0, 0.875, 0.75, 0.66),
        steps_apart: int = 1,
        positions: int | None = 5,
        *,
        antialias: bool = False,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(size, antialias, seed, **kwargs)
        self.scales = check_numbers("scales", scales, 1e-3, 1.0)
        self.steps_apart = at_least("steps_apart", steps_apart, 0)
        self.positions = one_of("positions", positions, _POSITIONS)

    def _random_boxes(self, seeds, frame):
        numbers = uniforms(seeds, 3)
        scales = _choose(numbers[:, 0], self._pairs_of_scales(), "float64")
        sides = boxes.of_short_side(scales, frame, self.size)
        if self.positions is None:
            return boxes.placed(numbers[:, 1:], frame, sides)
        quarters = _choose(numbers[:, 1], _POSITIONS[self.positions], "int32")
        return boxes.at_quarters(quarters, frame, sides)

    def _central_size(self, frame):
        return boxes.of_short_side([[max(self.scales)] * 2], frame, self.size)

    def _pairs_of_scales(self):
        return [
            (height, width)
            for i, height in enumerate(self.scales)
            for j, width in enumerate(self.scales)
            if abs(i - j) <= self.steps_apart
        ]


def _choose(numbers, choices, dtype):
    """Maps numbers in `[0, 1)` to choices of equal probability."""
    return tf.gather(tf.constant(choices, dtype), integers(numbers, len(choices)))
