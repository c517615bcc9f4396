"""Crops of random area and aspect ratio."""

from __future__ import annotations

import keras
import tensorflow as tf

from .arguments import check_interval
from .crops import ScaledCrop
from .functional import boxes
from .functional.draws import uniforms


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomResizedCrop(ScaledCrop):
    """Randomly crops clips with random area and aspect ratio, and resizes the crops.

    This is the crop of Inception networks, drawn as in torchvision: the area is uniform, and the
    aspect ratio is uniform in its logarithm. If none of ten boxes fits into the frame, the largest
    centered box within `ratio` is taken. In evaluation, it is always this largest box.

    Args:
        size: Height and width of the output in pixels; one integer sets both.
        scale: Range of the area, as fractions of the frame.
        ratio: Range of width / height.
        antialias: Whether to average pixels where the box gets smaller, which is slower.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> clips = np.zeros((2, 8, 64, 85, 3), "uint8")
    >>> RandomResizedCrop((56, 56))(clips).shape
    TensorShape([2, 8, 56, 56, 3])
    """

    _arguments = (*ScaledCrop._arguments, "scale", "ratio")

    def __init__(
        self,
        size: int | tuple[int, int],
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        *,
        antialias: bool = False,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(size, antialias, seed, **kwargs)
        self.scale = check_interval("scale", scale, 1e-6, 1.0)
        self.ratio = check_interval("ratio", ratio, 1e-3, 1e3)

    def _random_boxes(self, seeds, frame):
        drawn, fits = boxes.drawn(uniforms(seeds, boxes.NUM_DRAWS), frame, self.scale, self.ratio)
        return tf.where(fits[:, None], drawn, self._centered(tf.shape(seeds)[0], frame))

    def _central_size(self, frame):
        return boxes.largest(frame, self.ratio)
