"""Crops of clips as they are: bytes are copied, nothing is resampled."""

from __future__ import annotations

import keras
import tensorflow as tf

from ..utils.checks import sizes
from .base import ClipAugmentation
from .functional import boxes, geometry
from .functional.draws import uniforms
from .inputs import check_smaller
from .random_base import RandomAugmentation

_ADVICE = "Scale first, with ResizeShortSide, or use RandomShortSideCrop or RandomResizedCrop."


def _center(clips, size):
    clips = check_smaller(clips, size, _ADVICE)
    shape = tf.shape(clips)
    return geometry.crop(clips, boxes.centered(shape[0], shape[2:4], size)[:, :2], size)


class _Crop(ClipAugmentation):
    """Cuts boxes of one size; without chance, out of the middle."""

    def __init__(self, size: int | tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.size = sizes("size", size, 2)

    def _deterministic(self, clips, labels):
        return _center(clips, self.size), labels

    def _shape(self, shape):
        return (*shape[:2], *self.size, shape[4])

    def get_config(self):
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomCrop(_Crop, RandomAugmentation):
    """Cuts a box out of each clip, anywhere, the same in all its frames.

    Args:
        size: Height and width; one integer stands for both. Frames must be as large.
        seed: See `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Example:

    >>> clips = np.zeros((2, 8, 128, 170, 3), "uint8")
    >>> RandomCrop(112)(clips).shape
    TensorShape([2, 8, 112, 112, 3])
    """

    def __init__(self, size: int | tuple[int, int], *, seed: int | None = None, **kwargs):
        super().__init__(size, seed=seed, **kwargs)

    def _augment(self, clips, labels, seeds):
        clips = check_smaller(clips, self.size, _ADVICE)
        places = boxes.placed(uniforms(seeds, 2), tf.shape(clips)[2:4], self.size)
        return geometry.crop(clips, places[:, :2], self.size), labels


@keras.saving.register_keras_serializable("keras_nonlocal")
class CenterCrop(_Crop):
    """Cuts out the middle of each frame.

    Args:
        size: Height and width; one integer stands for both. Frames must be as large.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Example:

    >>> CenterCrop(2)(np.arange(16).reshape(1, 4, 4, 1)).numpy().ravel().tolist()
    [5, 6, 9, 10]
    """


@keras.saving.register_keras_serializable("keras_nonlocal")
class ThreeCrop(ClipAugmentation):
    """Cuts three boxes out of each clip: both ends of its longer side and the center.

    The spatial half of the paper's test; `ResizeShortSide(256)` before it makes three crops of 256
    cover the frame. The crops of a clip follow each other, and labels are repeated.

    Args:
        size: Height and width; one integer stands for both. Frames must be as large.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: `(3 * B, T, *size, C)`.

    Example:

    >>> crops = ThreeCrop((1, 2))(np.arange(4).reshape(1, 1, 1, 4, 1))
    >>> crops.numpy().reshape(3, 2).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """

    copies = 3

    def __init__(self, size: int | tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.size = sizes("size", size, 2)

    def _deterministic(self, clips, labels):
        clips = check_smaller(clips, self.size, _ADVICE)
        shape = tf.shape(clips)
        room = shape[2:4] - self.size
        along = tf.where(shape[2] > shape[3], [1, 0], [0, 1])
        first = room // 2 * (1 - along)
        corners = tf.stack([first, room // 2, first + room * along])
        crops = geometry.crop(
            tf.repeat(clips, 3, axis=0), tf.tile(corners, (shape[0], 1)), self.size
        )
        return crops, None if labels is None else tf.repeat(labels, 3, axis=0)

    def _shape(self, shape):
        return (shape[0] and 3 * shape[0], shape[1], *self.size, shape[4])

    def _labels_shape(self, shape):
        return (shape[0] and 3 * shape[0], *shape[1:])

    def get_config(self):
        return {**super().get_config(), "size": self.size}
