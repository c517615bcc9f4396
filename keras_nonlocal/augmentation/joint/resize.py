"""A layer that scales an image with its mask or objects to a short side."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from ...utils.checks import one_of, positive_int
from ..arguments import check_interval
from ..functional.draws import integers, uniforms
from .base import IMAGES
from .moves import JointMove, Move, scaling

SAMPLING = ("choice", "range")


@keras.saving.register_keras_serializable("keras_nonlocal")
class JointResize(JointMove):
    """Scales an image so that its short side has one of several lengths; the shape is kept.

    Training on several sizes makes detectors better at objects of all sizes. The size is computed
    as in Detectron2 (`ResizeShortestEdge`).

    Args:
        short_side: Length of the short side in pixels, or several of them, one of which is drawn.
        max_side: The long side has at most this length, and the short one is shorter then.
        sampling: `"choice"` draws one of the lengths, and `"range"` any length between the two
            that are given.
        antialias: Whether an image that becomes smaller is smoothed, as by Pillow.
        **kwargs: As in `keras.layers.Layer`.

    Returns:
        As for `JointRandomFlip`.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> JointResize(32, max_side=48)(np.zeros((40, 80, 3), "uint8")).shape
    TensorShape([24, 48, 3])
    """

    _arguments = ("short_side", "max_side", "sampling", "antialias")

    def __init__(
        self,
        short_side: int | Sequence[int] = (640, 672, 704, 736, 768, 800),
        max_side: int = 1333,
        sampling: str = "choice",
        antialias: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sides = (short_side,) if isinstance(short_side, int) else tuple(short_side)
        if not sides:
            raise ValueError("`short_side` must have at least one length. Received: none")
        self.short_side = tuple(positive_int("short_side", side) for side in sides)
        self.max_side = positive_int("max_side", max_side)
        self.sampling = one_of("sampling", sampling, SAMPLING)
        self.antialias = bool(antialias)
        if sampling == "range":
            check_interval("short_side", self.short_side, 1, 2**20)

    def _move(self, example, seed):
        old_size = tf.shape(example[IMAGES])[:2]
        size = short_side_size(old_size, self._side(uniforms(seed[None], 1)[0, 0]), self.max_side)

        def resample(pixels, method, fill):
            def resized(smooth):
                return lambda: tf.image.resize(pixels, size, method, antialias=smooth)

            if method == "nearest" or not self.antialias:
                return resized(False)()
            # An image that becomes larger would be the same, and take twice as long.
            return tf.cond(size[0] < old_size[0], resized(True), resized(False))

        return Move(resample, scaling(old_size, size), size)

    def _side(self, number):
        if self.sampling == "range":
            low, high = self.short_side
            return low + integers(number, high - low + 1)
        return tf.gather(self.short_side, integers(number, len(self.short_side)))


def short_side_size(size, short_side, max_side: int):
    """Returns the new height and width, int32 `(2,)`, of an image of this height and width."""
    sides = tf.cast(size, "float64")
    sides *= tf.cast(short_side, "float64") / tf.reduce_min(sides)
    sides *= tf.minimum(max_side / tf.reduce_max(sides), 1.0)
    return tf.maximum(tf.cast(sides + 0.5, "int32"), 1)
