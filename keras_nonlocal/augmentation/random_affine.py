"""Random zoom, translation and rotation."""

from __future__ import annotations

import math

import keras
import tensorflow as tf

from .arguments import check_number
from .functional.draws import between, uniforms
from .functional.geometry import zoom_shift_turn
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomAffine(RandomAugmentation):
    """Randomly zooms, shifts and turns clips around their center, all frames in the same way.

    All three changes are one bilinear resampling. Beyond the edge, the outermost pixels are
    repeated.

    Args:
        zoom: Largest zoom factor, such as 1.25. The factor is drawn from `1 / zoom` to `zoom`,
            uniformly in its logarithm.
        shift: Largest shift, as a fraction of height and width, such as 0.1, in both directions.
        turn: Largest angle in radians, such as 0.03, in both directions.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> clips = np.zeros((2, 8, 32, 32, 3), "uint8")
    >>> clips = RandomAffine(zoom=1.25, shift=0.1, turn=0.03)(clips)
    """

    _arguments = ("zoom", "shift", "turn")

    def __init__(
        self,
        zoom: float = 1.0,
        shift: float = 0.0,
        turn: float = 0.0,
        *,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.zoom = check_number("zoom", zoom, 1, 100)
        self.shift = check_number("shift", shift, 0, 1)
        self.turn = check_number("turn", turn, 0, math.pi)

    def _augment(self, clips, labels, seeds):
        numbers, limit = uniforms(seeds, 4), math.log(self.zoom)
        zooms = tf.exp(between(numbers[:, 0], -limit, limit))
        shifts = between(numbers[:, 1:3], -self.shift, self.shift)
        turns = between(numbers[:, 3], -self.turn, self.turn)
        return zoom_shift_turn(clips, zooms, shifts, turns), labels
