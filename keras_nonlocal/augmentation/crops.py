"""Crops of clips, and the base class of layers that scale a random crop to a fixed size."""

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


class _Crop(ClipAugmentation):
    """Base class of layers that cut boxes of one size out of clips without resampling."""

    _arguments = ("size",)

    def __init__(self, size: int | tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.size = sizes("size", size, 2)

    def _deterministic(self, clips, labels):
        clips = check_smaller(clips, self.size, _ADVICE)
        shape = tf.shape(clips)
        centered = boxes.centered(shape[0], shape[2:4], self.size)
        return geometry.crop(clips, centered[:, :2], self.size), labels

    def _shape(self, shape):
        return (*shape[:2], *self.size, shape[4])


@keras.saving.register_keras_serializable("keras_nonlocal")
class RandomCrop(_Crop, RandomAugmentation):
    """Randomly crops clips, all frames of a clip at the same place.

    In evaluation, the crop is the center.

    Args:
        size: Height and width in pixels; one integer sets both. Frames must not be smaller.
        seed: As in `RandomAugmentation`.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Raises:
        ValueError: `size` is no positive integer or pair of them, or frames are smaller.

    Example:

    >>> clips = np.zeros((2, 8, 128, 170, 3), "uint8")
    >>> RandomCrop(112)(clips).shape
    TensorShape([2, 8, 112, 112, 3])
    """

    def _augment(self, clips, labels, seeds):
        clips = check_smaller(clips, self.size, _ADVICE)
        placed = boxes.placed(uniforms(seeds, 2), tf.shape(clips)[2:4], self.size)
        return geometry.crop(clips, placed[:, :2], self.size), labels


@keras.saving.register_keras_serializable("keras_nonlocal")
class CenterCrop(_Crop):
    """Crops the center of each frame.

    Args:
        size: Height and width in pixels; one integer sets both. Frames must not be smaller.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: the same with `size`.

    Raises:
        ValueError: `size` is no positive integer or pair of them, or frames are smaller.

    Example:

    >>> CenterCrop(2)(np.arange(16).reshape(1, 4, 4, 1)).numpy().ravel().tolist()
    [5, 6, 9, 10]
    """


@keras.saving.register_keras_serializable("keras_nonlocal")
class ThreeCrop(_Crop):
    """Cuts three crops out of each clip: both ends of the longer side, and the center.

    This is the spatial part of the paper's evaluation protocol. After `ResizeShortSide(256)`, three
    crops of 256 cover the whole frame. The three crops of a clip follow each other in the batch,
    and labels are repeated.

    Args:
        size: Height and width in pixels; one integer sets both. Frames must not be smaller.

    Input shape: `(B, T, H, W, C)` or `(T, H, W, C)`. Output shape: `(3 * B, T, *size, C)`.

    Raises:
        ValueError: `size` is no positive integer or pair of them, or frames are smaller.

    Example:

    >>> crops = ThreeCrop((1, 2))(np.arange(4).reshape(1, 1, 1, 4, 1))
    >>> crops.numpy().reshape(3, 2).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """

    copies = 3

    def _deterministic(self, clips, labels):
        clips = check_smaller(clips, self.size, _ADVICE)
        shape = tf.shape(clips)
        margin = shape[2:4] - self.size
        long_axis = tf.where(shape[2] > shape[3], [1, 0], [0, 1])
        first = margin // 2 * (1 - long_axis)
        corners = tf.stack([first, margin // 2, first + margin * long_axis])
        crops = geometry.crop(
            tf.repeat(clips, 3, axis=0), tf.tile(corners, (shape[0], 1)), self.size
        )
        return crops, None if labels is None else tf.repeat(labels, 3, axis=0)

    def _shape(self, shape):
        return self._labels_shape(super()._shape(shape))

    def _labels_shape(self, shape):
        return (shape[0] and 3 * shape[0], *shape[1:])


class ScaledCrop(RandomAugmentation):
    """Base class of layers that cut a random box out of each clip and scale it to one size.

    A subclass implements `_random_boxes(seeds, frame)`, int32 `(B, 4)`, and `_central_size(frame)`,
    the height and width of the centered box that is used in evaluation. `frame` is the height and
    width of the frames.
    """

    _arguments: tuple[str, ...] = ("size", "antialias")

    def __init__(self, size: int | tuple[int, int], antialias: bool, seed: int | None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.size = sizes("size", size, 2)
        self.antialias = antialias

    def _augment(self, clips, labels, seeds):
        return self._scaled(clips, self._random_boxes(seeds, tf.shape(clips)[2:4])), labels

    def _deterministic(self, clips, labels):
        return self._scaled(clips, self._centered(tf.shape(clips)[0], tf.shape(clips)[2:4])), labels

    def _centered(self, batch, frame):
        return boxes.centered(batch, frame, self._central_size(frame))

    def _scaled(self, clips, cut):
        return geometry.crop_and_resize(clips, cut, self.size, self.antialias)

    def _shape(self, shape):
        return (*shape[:2], *self.size, shape[4])
