"""Scaling by the shorter side."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..utils.checks import positive_int
from .arguments import short_sides
from .base import ClipAugmentation
from .crops import ScaledCrop
from .functional import boxes, geometry
from .functional.draws import integers, uniforms


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomShortSideCrop(ScaledCrop):
    """Scales the shorter side to a random length and randomly crops: the paper's scale jitter.

    Both are one resampling: the box that becomes the crop is cut out, rounded to whole pixels, and
    scaled to `size`. In evaluation, the shorter side gets the lower length of the range, and the
    crop is the center.

    Args:
        size: Height and width of the output in pixels; one integer sets both.
        short_side: Range of the length in pixels. All integers in it have the same probability. A
            single integer always gives the same scale.
        antialias: Whether to average pixels where frames get smaller. It takes three times as long,
            and helps if frames are much larger than `short_side`.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Raises:
        ValueError: An argument is out of range, or `size` exceeds the lower end of `short_side`.

    Example:

    >>> clips = np.zeros((2, 8, 64, 85, 3), "uint8")
    >>> RandomShortSideCrop(56, short_side=(64, 80))(clips).shape
    TensorShape([2, 8, 56, 56, 3])
    """

    _arguments = (*ScaledCrop._arguments, "short_side")

    def __init__(
        self,
        size: int | tuple[int, int],
        short_side: int | tuple[int, int] = (256, 320),
        *,
        antialias: bool = False,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(size, antialias, seed, **kwargs)
        self.short_side = short_sides("short_side", short_side)
        if max(self.size) > self.short_side[0]:
            raise ValueError(
                "`size` must not exceed the lower end of `short_side`. "
                f"Received: size={size!r}, short_side={short_side!r}"
            )

    def _random_boxes(self, seeds, frame):
        low, high = self.short_side
        numbers = uniforms(seeds, 3)
        lengths = low + integers(numbers[:, 0], high - low + 1)
        return boxes.placed(numbers[:, 1:], frame, boxes.before_scaling(lengths, frame, self.size))

    def _central_size(self, frame):
        return boxes.before_scaling(self.short_side[:1], frame, self.size)


@keras.saving.register_keras_serializable("keras_nonlocal")
class ResizeShortSide(ClipAugmentation):
    """Resizes frames so that their shorter side has a given length, and keeps the aspect ratio.

    Args:
        short_side: The length in pixels.
        antialias: Whether to average pixels where frames get smaller, which is slower.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`.

    Raises:
        ValueError: `short_side` is no positive integer.

    Example:

    >>> ResizeShortSide(32)(np.zeros((8, 64, 85, 3), "uint8")).shape
    TensorShape([8, 32, 43, 3])
    """

    _arguments = ("short_side", "antialias")

    def __init__(self, short_side: int, *, antialias: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.short_side = positive_int("short_side", short_side)
        self.antialias = antialias

    def _deterministic(self, clips, labels):
        known = clips.shape[2:4]
        size = self._scaled(known if known.is_fully_defined() else tf.unstack(tf.shape(clips)[2:4]))
        return geometry.resize(clips, size, self.antialias), labels

    def _scaled(self, frame):
        height, width = frame
        short = tf.minimum(height, width) if tf.is_tensor(height) else min(height, width)
        return tuple((2 * side * self.short_side + short) // (2 * short) for side in frame)

    def _shape(self, shape):
        frame = (None, None) if None in shape[2:4] else self._scaled(shape[2:4])
        return (*shape[:2], *frame, shape[4])
