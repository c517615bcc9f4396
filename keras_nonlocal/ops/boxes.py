"""Arithmetic of boxes `(x0, y0, x1, y1)` in pixels: overlap, codec, anchors."""

from __future__ import annotations

import math

import numpy as np
from keras import ops

MAX_LOG_SCALE = math.log(1000 / 16)  # a box is at most 62.5 times as long as its anchor


def box_area(boxes):
    """Returns the areas `(...)` of boxes `(..., 4)`; a box that is turned inside out has none."""
    return ops.prod(ops.relu(boxes[..., 2:] - boxes[..., :2]), axis=-1)


def box_iou(boxes, others):
    """Returns the intersection over union of each pair of boxes.

    Args:
        boxes: `(..., N, 4)`.
        others: `(..., M, 4)`.

    Returns:
        `(..., N, M)`, from 0 to 1. Boxes without an area overlap nothing.

    Example:

    >>> boxes = np.array([[0.0, 0, 2, 2], [0, 0, 1, 2]])
    >>> keras_nonlocal.ops.box_iou(boxes, boxes[:1]).numpy().tolist()
    [[1.0], [0.5]]
    """
    boxes, others = ops.convert_to_tensor(boxes), ops.convert_to_tensor(others)
    first, second = boxes[..., :, None, :], others[..., None, :, :]
    sides = ops.minimum(first[..., 2:], second[..., 2:]) - ops.maximum(
        first[..., :2], second[..., :2]
    )
    both = ops.prod(ops.relu(sides), axis=-1)
    either = box_area(boxes)[..., :, None] + box_area(others)[..., None, :] - both
    return ops.where(both > 0, both / ops.where(both > 0, either, 1.0), 0.0)


def encode_boxes(boxes, anchors, weights=(1.0, 1.0, 1.0, 1.0)):
    """Returns the deltas `(..., 4)` that turn anchors into boxes: the inverse of `decode_boxes`.

    Args:
        boxes: `(..., 4)`, in pixels.
        anchors: `(..., 4)`, in pixels.
        weights: Factors of the deltas of x, y, width and height.

    Returns:
        `(..., 4)`. They are finite for boxes without an area, too.

    Source: the box regression of R-CNN (arXiv:1311.2524), appendix C.

    Example:

    >>> anchor, box = np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 15, 10]])
    >>> keras_nonlocal.ops.encode_boxes(box, anchor, (10, 10, 5, 5)).numpy().tolist()
    [[5.0, 0.0, 0.0, 0.0]]
    """
    centers, sides = _centers_and_sides(boxes)
    anchor_centers, anchor_sides = _centers_and_sides(anchors)
    moves = (centers - anchor_centers) / anchor_sides
    scales = ops.log(sides / anchor_sides)
    return ops.concatenate([moves, scales], -1) * ops.convert_to_tensor(weights, moves.dtype)


def decode_boxes(deltas, anchors, weights=(1.0, 1.0, 1.0, 1.0)):
    """Moves and scales anchors by deltas.

    Args:
        deltas: `(..., 4)`.
        anchors: `(..., 4)`, in pixels.
        weights: Factors of the deltas, as in `encode_boxes`.

    Returns:
        Boxes `(..., 4)`, in pixels. A side grows by a factor of at most 62.5.

    Example:

    >>> anchor, delta = np.array([[0.0, 0, 10, 10]]), np.array([[0.5, 0, 0, 0]])
    >>> keras_nonlocal.ops.decode_boxes(delta, anchor).numpy().tolist()
    [[5.0, 0.0, 15.0, 10.0]]
    """
    deltas = ops.convert_to_tensor(deltas)
    deltas = deltas / ops.convert_to_tensor(weights, deltas.dtype)
    anchors = ops.convert_to_tensor(anchors, deltas.dtype)
    sides = anchors[..., 2:] - anchors[..., :2]
    centers = anchors[..., :2] + 0.5 * sides + deltas[..., :2] * sides
    half = 0.5 * sides * ops.exp(ops.minimum(deltas[..., 2:], MAX_LOG_SCALE))
    return ops.concatenate([centers - half, centers + half], -1)


def clip_boxes(boxes, sizes):
    """Cuts boxes off at the borders of their images.

    Args:
        boxes: `(B, N, 4)`, in pixels.
        sizes: Height and width of each image `(B, 2)`, in pixels.

    Returns:
        `(B, N, 4)`.

    Example:

    >>> keras_nonlocal.ops.clip_boxes(np.array([[[-3.0, 2, 9, 50]]]), np.array([[20, 8]])).numpy()
    array([[[ 0.,  2.,  8., 20.]]])
    """
    boxes = ops.convert_to_tensor(boxes)
    height, width = ops.split(ops.cast(sizes, boxes.dtype), 2, axis=-1)
    limits = ops.concatenate([width, height, width, height], -1)[:, None]
    return ops.clip(boxes, 0.0, limits)


def anchor_boxes(shape, stride: int, size: float, ratios, *, rounded: bool = False):
    """Returns the anchors of one level of a pyramid.

    Args:
        shape: Height and width of the level, in cells.
        stride: Size of a cell, in pixels. Anchors are centered on the first corners of the cells.
        size: Square root of the area of an anchor, in pixels.
        ratios: Height divided by width, of each anchor of a cell.
        rounded: Whether the sides are rounded to whole pixels, as torchvision does.

    Returns:
        float32 `(H * W * len(ratios), 4)`: by row, column and ratio.

    Example:

    >>> keras_nonlocal.ops.anchor_boxes((1, 2), 16, 32.0, (1.0,)).numpy().tolist()
    [[-16.0, -16.0, 16.0, 16.0], [0.0, -16.0, 32.0, 16.0]]
    """
    roots = np.sqrt(np.asarray(ratios, "float64"))
    half = np.stack([size / roots, size * roots], -1) / 2
    cell = np.concatenate([-half, half], -1)
    cell = ops.convert_to_tensor(np.round(cell) if rounded else cell, "float32")
    y, x = (ops.arange(number, dtype="float32") * stride for number in shape)
    y, x = ops.meshgrid(y, x, indexing="ij")
    corners = ops.stack([x, y, x, y], -1)
    return ops.reshape(corners[:, :, None] + cell, (-1, 4))


def _centers_and_sides(boxes):
    boxes = ops.convert_to_tensor(boxes)
    sides = boxes[..., 2:] - boxes[..., :2]
    return boxes[..., :2] + 0.5 * sides, ops.maximum(sides, 1e-6)
