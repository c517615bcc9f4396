"""MMAction2's crop: sides in parts of the shorter side, at fixed places."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from ..utils.checks import at_least, one_of, sizes
from .arguments import check_numbers
from .functional import boxes, geometry
from .functional.draws import integers, uniforms
from .random_base import RandomAugmentation

# How much of the room above and to the left of the box there is, in quarters.
_CORNERS_AND_CENTER = ((0, 0), (0, 4), (4, 0), (4, 4), (2, 2))
_BETWEEN = ((0, 2), (2, 0), (2, 4), (4, 2), (1, 1), (1, 3), (3, 1), (3, 3))
_PLACES = {5: _CORNERS_AND_CENTER, 13: (*_CORNERS_AND_CENTER, *_BETWEEN), None: ()}


@keras.saving.register_keras_serializable("keras_nonlocal")
class MultiScaleCrop(RandomAugmentation):
    """Cuts a box out of each clip whose sides are random parts of the shorter side, and scales it.

    The crop of temporal segment networks (Wang et al., 2016), as MMAction2 trains with it. Without
    chance, both sides are of the largest scale, and the crop is the center.

    Args:
        size: Height and width; one integer stands for both. A side of a box that is less than
            three pixels longer or shorter becomes as long, if the frame is.
        scales: What height and width may be, in parts of the shorter side.
        steps_apart: How many entries of `scales` height and width may lie apart. Each pair of such
            scales is as likely as another.
        positions: Of a box in the frame, each as likely as another: 5, which are corners and
            center; 13, with the middles of the sides and of the four quarters; None for anywhere.
        antialias: Averages where the box gets smaller; slower.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Example:

    >>> clips = np.zeros((2, 8, 64, 85, 3), "uint8")
    >>> MultiScaleCrop(56, scales=(1.0, 0.8))(clips).shape
    TensorShape([2, 8, 56, 56, 3])
    """

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
        super().__init__(seed=seed, **kwargs)
        self.size = sizes("size", size, 2)
        self.scales = check_numbers("scales", scales, 1e-3, 1.0)
        self.steps_apart = at_least("steps_apart", steps_apart, 0)
        self.positions = one_of("positions", positions, _PLACES)
        self.antialias = antialias

    def _augment(self, clips, labels, seeds):
        drawn, frame = uniforms(seeds, 3), tf.shape(clips)[2:4]
        parts = _one_each(drawn[:, 0], self._pairs(), "float64")
        cut = boxes.of_short_side(parts, frame, self.size)
        if self.positions is None:
            return self._scaled(clips, boxes.placed(drawn[:, 1:], frame, cut)), labels
        quarters = _one_each(drawn[:, 1], _PLACES[self.positions], "int32")
        return self._scaled(clips, boxes.at_quarters(quarters, frame, cut)), labels

    def _deterministic(self, clips, labels):
        batch, frame = tf.shape(clips)[0], tf.shape(clips)[2:4]
        cut = boxes.of_short_side([[max(self.scales)] * 2], frame, self.size)
        return self._scaled(clips, boxes.centered(batch, frame, cut)), labels

    def _pairs(self):
        return [
            (height, width)
            for step, height in enumerate(self.scales)
            for other, width in enumerate(self.scales)
            if abs(step - other) <= self.steps_apart
        ]

    def _scaled(self, clips, cut):
        return geometry.crop_and_resize(clips, cut, self.size, self.antialias)

    def _shape(self, shape):
        return (*shape[:2], *self.size, shape[4])

    def get_config(self):
        names = ("size", "scales", "steps_apart", "positions", "antialias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _one_each(drawn, choices, dtype):
    """`[0, 1)` -> one of the choices, each as likely as another."""
    return tf.gather(tf.constant(choices, dtype), integers(drawn, len(choices)))
