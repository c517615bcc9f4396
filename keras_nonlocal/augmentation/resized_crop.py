"""Boxes of random area and aspect."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..utils.checks import sizes
from .arguments import check_interval
from .functional import boxes, geometry
from .functional.draws import uniforms
from .random_base import RandomAugmentation


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomResizedCrop(RandomAugmentation):
    """Cuts a box of random area and aspect out of each clip and scales it: Inception's crop.

    Drawn as torchvision does: area uniform, aspect uniform in its logarithm, ten tries for a box
    that fits into the frame, after them the largest one in the center that keeps to `ratio`.
    Without chance, it is that largest one.

    Args:
        size: Height and width; one integer stands for both.
        scale: Range of the area, in parts of the frame.
        ratio: Range of width / height.
        antialias: Averages where the box gets smaller; slower.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Example:

    >>> clips = np.zeros((2, 8, 64, 85, 3), "uint8")
    >>> RandomResizedCrop((56, 56))(clips).shape
    TensorShape([2, 8, 56, 56, 3])
    """

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
        super().__init__(seed=seed, **kwargs)
        self.size = sizes("size", size, 2)
        self.scale = check_interval("scale", scale, 1e-6, 1.0)
        self.ratio = check_interval("ratio", ratio, 1e-3, 1e3)
        self.antialias = antialias

    def _augment(self, clips, labels, seeds):
        numbers, frame = uniforms(seeds, boxes.NUM_DRAWS), tf.shape(clips)[2:4]
        drawn, found = boxes.drawn(numbers, frame, self.scale, self.ratio)
        return self._scaled(clips, tf.where(found[:, None], drawn, self._largest(clips))), labels

    def _deterministic(self, clips, labels):
        return self._scaled(clips, self._largest(clips)), labels

    def _largest(self, clips):
        batch, frame = tf.shape(clips)[0], tf.shape(clips)[2:4]
        return boxes.centered(batch, frame, boxes.largest(frame, self.ratio))

    def _scaled(self, clips, cut):
        return geometry.crop_and_resize(clips, cut, self.size, self.antialias)

    def _shape(self, shape):
        return (*shape[:2], *self.size, shape[4])

    def get_config(self):
        own = {name: getattr(self, name) for name in ("size", "scale", "ratio", "antialias")}
        return {**super().get_config(), **own}
