"""Zooms, shifts and turns."""

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
    """Zooms, shifts and turns a clip around its center, all its frames alike, in one resampling.

    Bilinear; the outermost pixels are repeated past the edge.

    Args:
        zoom: At most so many times larger or smaller, such as 1.25; uniform in its logarithm.
        shift: At most this part of height and width, such as 0.1, either way.
        turn: At most this angle in radians, such as 0.03, either way.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Example:

    >>> clips = np.zeros((2, 8, 32, 32, 3), "uint8")
    >>> clips = RandomAffine(zoom=1.25, shift=0.1, turn=0.03)(clips)
    """

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

    def get_config(self):
        own = {name: getattr(self, name) for name in ("zoom", "shift", "turn")}
        return {**super().get_config(), **own}
