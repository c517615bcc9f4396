"""Scaling by the shorter side. A crop is cut out first, and only what stays is resampled."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..utils.checks import positive_int, sizes
from .arguments import short_sides
from .base import ClipAugmentation
from .functional import boxes, geometry
from .functional.draws import integers, uniforms
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomShortSideCrop(RandomAugmentation):
    """Scales the shorter side to a random length and crops anywhere: the paper's scale jitter.

    Both are one resampling: the box that will become the crop is cut out, to the nearest whole
    pixel, and scaled to `size`. Without chance the shorter side gets the lower length of the
    range, and the crop is the center.

    Args:
        size: Height and width; one integer stands for both.
        short_side: The range of lengths, each integer in it as likely as another. An integer
            always scales alike.
        antialias: Averages where frames get smaller. Three times slower; of use where they are
            much larger than `short_side`.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Example:

    >>> clips = np.zeros((2, 8, 64, 85, 3), "uint8")
    >>> RandomShortSideCrop(56, short_side=(64, 80))(clips).shape
    TensorShape([2, 8, 56, 56, 3])
    """

    def __init__(
        self,
        size: int | tuple[int, int],
        short_side: int | tuple[int, int] = (256, 320),
        *,
        antialias: bool = False,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(seed=seed, **kwargs)
        self.size = sizes("size", size, 2)
        self.short_side = short_sides("short_side", short_side)
        self.antialias = antialias
        if max(self.size) > self.short_side[0]:
            raise ValueError(
                "`size` must fit into a frame whose shorter side is the least of `short_side`. "
                f"Received: size={size!r}, short_side={short_side!r}"
            )

    def _augment(self, clips, labels, seeds):
        low, high = self.short_side
        numbers, frame = uniforms(seeds, 3), tf.shape(clips)[2:4]
        lengths = low + integers(numbers[:, 0], high - low + 1)
        cut = boxes.before_scaling(lengths, frame, self.size)
        return self._scaled(clips, boxes.placed(numbers[:, 1:], frame, cut)), labels

    def _deterministic(self, clips, labels):
        batch, frame = tf.shape(clips)[0], tf.shape(clips)[2:4]
        cut = boxes.before_scaling(self.short_side[:1], frame, self.size)
        return self._scaled(clips, boxes.centered(batch, frame, cut)), labels

    def _scaled(self, clips, cut):
        return geometry.crop_and_resize(clips, cut, self.size, self.antialias)

    def _shape(self, shape):
        return (*shape[:2], *self.size, shape[4])

    def get_config(self):
        own = {name: getattr(self, name) for name in ("size", "short_side", "antialias")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("keras_nonlocal")
class ResizeShortSide(ClipAugmentation):
    """Scales frames until their shorter side has a length; the aspect stays, to the nearest pixel.

    Args:
        short_side: The length.
        antialias: Averages where frames get smaller; slower.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Example:

    >>> ResizeShortSide(32)(np.zeros((8, 64, 85, 3), "uint8")).shape
    TensorShape([8, 32, 43, 3])
    """

    def __init__(self, short_side: int, *, antialias: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.short_side = positive_int("short_side", short_side)
        self.antialias = antialias

    def _deterministic(self, clips, labels):
        known = clips.shape[2:4]
        size = self._scaled(known) if known.is_fully_defined() else None
        if size is None:
            frame = tf.shape(clips)[2:4]
            short = tf.reduce_min(frame)
            size = (2 * frame * self.short_side + short) // (2 * short)
        return geometry.resize(clips, size, self.antialias), labels

    def _scaled(self, frame):
        short = min(frame)
        return tuple((2 * side * self.short_side + short) // (2 * short) for side in frame)

    def _shape(self, shape):
        frame = (None, None) if None in shape[2:4] else self._scaled(shape[2:4])
        return (*shape[:2], *frame, shape[4])

    def get_config(self):
        own = {"short_side": self.short_side, "antialias": self.antialias}
        return {**super().get_config(), **own}
