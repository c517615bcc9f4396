"""How a layer moves an image, and with it everything that lies on the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from ...metrics.pixels import IGNORED
from .base import (
    BOXES,
    CROWD,
    FLIP_PAIRS,
    IMAGES,
    KEYPOINTS,
    LABELS,
    MASKS,
    OBJECT_MASKS,
    JointAugmentation,
)

_LEAST_SIDE = 1e-3  # pixels; what is smaller has left the image
_OF_OBJECTS = (BOXES, LABELS, CROWD, OBJECT_MASKS, KEYPOINTS)


@dataclass(frozen=True)
class Move:
    """One draw of a layer: how pixels and coordinates move.

    Attributes:
        resample: From pixels `(1, H, W, C)`, `"bilinear"` or `"nearest"`, and the value of what
            comes from outside, to moved pixels `(1, H', W', C)`.
        matrix: float32 `(2, 3)`, from x, y and 1 to the new x and y. Pixel `n` reaches from `n` to
            `n + 1`.
        size: The new height and width, int32 `(2,)`.
        fill: Color outside of the image; `None` if nothing comes from there.
        mirrored: Whether left becomes right, a bool tensor; `None` if it never does.
        turned: Whether the sides of boxes are no longer upright.
    """

    resample: Callable[[Any, str, float], Any]
    matrix: Any
    size: Any
    fill: tuple[float, ...] | None = None
    mirrored: Any = None
    turned: bool = False


class JointMove(JointAugmentation):
    """Base class of layers that move pixels. A subclass implements `_move(example, seed)`."""

    def _change(self, example, seed):
        move = self._move(example, seed)
        moved = {key: _MOVERS[key](example, move) for key in example if key in _MOVERS}
        example = {**example, **moved}
        if move.turned and BOXES in example and OBJECT_MASKS in example:
            example[BOXES] = boxes_around(example[OBJECT_MASKS])
        return _without_departed(example)

    def _move(self, example, seed) -> Move:
        raise NotImplementedError(f"{type(self).__name__} must implement `_move`")


def scaling(old_size, new_size):
    """The matrix that stretches an image of one size to another; sizes are int32 `(2,)`."""
    down, across = tf.unstack(tf.cast(new_size, "float32") / tf.cast(old_size, "float32"))
    return _matrix([[across, 0.0, 0.0], [0.0, down, 0.0]])


def boxes_around(masks):
    """The smallest boxes around masks: `(N, H, W)` -> float32 `(N, 4)`; zeros around nothing."""
    inside = masks != 0
    spans = [_span(tf.reduce_any(inside, axis)) for axis in (1, 2)]  # of columns, and of rows
    return tf.stack([spans[0][0], spans[1][0], spans[0][1], spans[1][1]], axis=1)


def _span(occupied):
    """First place that is occupied, and the end of the last one: `(N, L)` -> twice `(N,)`."""
    length = tf.shape(occupied)[1]
    places = tf.range(length)
    first = tf.reduce_min(tf.where(occupied, places, length), axis=1)
    end = tf.reduce_max(tf.where(occupied, places + 1, 0), axis=1)
    return tf.cast(tf.minimum(first, end), "float32"), tf.cast(end, "float32")


def _matrix(rows):
    return tf.stack([tf.stack([tf.cast(each, "float32") for each in row]) for row in rows])


def _moved_points(points, move):
    """Moves x and y in the last axis."""
    return tf.linalg.matvec(move.matrix[:, :2], points) + move.matrix[:, 2]


def _moved_image(example, move):
    if move.fill is None:
        return move.resample(example[IMAGES][None], "bilinear", 0.0)[0]
    return move.resample((example[IMAGES] - move.fill)[None], "bilinear", 0.0)[0] + move.fill


def _moved_labels(example, move):
    return move.resample(example[MASKS][None, ..., None], "nearest", IGNORED)[0, ..., 0]


def _moved_masks(example, move):
    """The masks move as the channels of one image, which takes a third of the time.

    An empty one is added, since an image without channels cannot be resized.
    """
    as_channels = tf.pad(tf.transpose(example[OBJECT_MASKS], (1, 2, 0)), [[0, 0], [0, 0], [0, 1]])
    moved = move.resample(as_channels[None], "nearest", 0)[0]
    return tf.transpose(moved, (2, 0, 1))[:-1]


def _moved_boxes(example, move):
    """The upright box around the moved corners, cut at the border of the image."""
    boxes = tf.cast(example[BOXES], "float32")
    corners = tf.stack([tf.gather(boxes, pair, axis=1) for pair in _CORNERS], axis=1)
    corners = _moved_points(corners, move)
    border = tf.cast(move.size[::-1], "float32")
    low, high = (
        tf.clip_by_value(ends, 0.0, border)
        for ends in (tf.reduce_min(corners, axis=1), tf.reduce_max(corners, axis=1))
    )
    return tf.concat([low, high], axis=1)


def _moved_keypoints(example, move):
    """Keypoints that have left the image become zeros, as those that are not labeled."""
    points = tf.cast(example[KEYPOINTS], "float32")
    if move.mirrored is not None:
        order = _mirror_order(example, tf.shape(points)[1])
        points = tf.cond(move.mirrored, lambda: tf.gather(points, order, axis=1), lambda: points)
    places = _moved_points(points[..., :2], move)
    border = tf.cast(move.size[::-1], "float32")
    is_inside = tf.reduce_all((places >= 0) & (places <= border), axis=-1, keepdims=True)
    is_there = is_inside & (points[..., 2:] > 0)
    return tf.where(is_there, tf.concat([places, points[..., 2:]], -1), tf.zeros_like(points))


def _mirror_order(example, count):
    if FLIP_PAIRS not in example:
        raise ValueError(
            "Keypoints can be mirrored only with `flip_pairs` in the inputs: the indices of the "
            "two keypoints that change places, such as left and right eye, `(P, 2)`. "
            f"Received: {sorted(example)}"
        )
    pairs = tf.reshape(tf.cast(example[FLIP_PAIRS], "int32"), (-1, 2))
    places = tf.concat([pairs, pairs[:, ::-1]], axis=0)
    return tf.tensor_scatter_nd_update(tf.range(count), places[:, :1], places[:, 1])


def _without_departed(example):
    """Drops the objects of which nothing is left in the image."""
    if BOXES not in example:
        return example
    boxes = example[BOXES]
    kept = tf.reduce_all(boxes[:, 2:] - boxes[:, :2] > _LEAST_SIDE, axis=1)
    if OBJECT_MASKS in example:
        kept &= tf.reduce_any(example[OBJECT_MASKS] != 0, axis=(1, 2))
    there = {key: example[key] for key in _OF_OBJECTS if key in example}
    return {**example, **{key: tf.boolean_mask(value, kept) for key, value in there.items()}}


_CORNERS = ((0, 1), (2, 1), (0, 3), (2, 3))
_MOVERS: dict[str, Callable] = {
    IMAGES: _moved_image,
    MASKS: _moved_labels,
    OBJECT_MASKS: _moved_masks,
    BOXES: _moved_boxes,
    KEYPOINTS: _moved_keypoints,
}
