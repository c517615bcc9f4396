"""Keypoints of regions: as cells of a grid to learn, and as places in the image."""

from __future__ import annotations

from keras import ops

TILE = 64  # rows and columns of an enlarged map that are looked at at once
SHARPNESS = -0.75  # of the cubic of PyTorch; that of TensorFlow and Keras is -0.5


def keypoint_targets(keypoints, boxes, size: int):
    """Returns the cell of the grid over its box in which each keypoint lies.

    Args:
        keypoints: x, y and visibility `(R, K, 3)`, in pixels of the image.
        boxes: `(R, 4)`, in pixels of the image.
        size: Number of rows and columns of the grid.

    Returns:
        The index of the cell, row by row, int32 `(R, K)`; and whether the keypoint is labeled and
        within the box, bool `(R, K)`.

    Example:

    >>> points, box = np.array([[[9.0, 1, 2], [30, 1, 2]]]), np.array([[0.0, 0, 10, 10]])
    >>> cells, inside = keras_nonlocal.ops.keypoint_targets(points, box, 10)
    >>> cells.numpy()[0, 0], inside.numpy().tolist()
    (np.int32(19), [[True, False]])
    """
    keypoints, boxes = ops.cast(keypoints, "float32"), ops.cast(boxes, "float32")
    start, sides = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
    places = (keypoints[..., :2] - start) * (size / ops.maximum(sides, 1e-6))
    cells = ops.where(keypoints[..., :2] == boxes[:, None, 2:], size - 1.0, ops.floor(places))
    inside = ops.all((cells >= 0) & (cells < size), axis=-1) & (keypoints[..., 2] > 0)
    cells = ops.cast(ops.where(inside[..., None], cells, 0.0), "int32")
    return cells[..., 1] * size + cells[..., 0], inside


def keypoint_peaks(logits, boxes):
    """Returns the most probable place of each keypoint.

    The map of a keypoint is enlarged to whole pixels of its box by cubic interpolation, and the
    pixel of the highest logit is taken. Tile by tile, so that a large box needs no more memory.

    Args:
        logits: Maps `(R, h, w, K)`, on grids over the boxes.
        boxes: `(R, 4)`, in pixels of the image.

    Returns:
        float32 `(R, K, 3)`: x and y in pixels of the image, and the probability of the best pixel.

    Source: `heatmaps_to_keypoints` of Detectron2.

    Example:

    >>> logits = np.zeros((1, 4, 4, 1), "float32")
    >>> logits[0, 1, 2, 0] = 9.0
    >>> peak = keras_nonlocal.ops.keypoint_peaks(logits, np.array([[10.0, 20, 22, 32]]))
    >>> peak.numpy()[0, 0, :2].tolist()
    [17.5, 24.5]
    """
    logits = ops.cast(logits, "float32")
    boxes = ops.cast(boxes, "float32")
    height, width, keypoints = logits.shape[1:]
    if boxes.shape[0] is not None:  # so that both have the same shape while they are traced
        logits = ops.reshape(logits, (boxes.shape[0], height, width, keypoints))
    sides = ops.maximum(boxes[:, 2:] - boxes[:, :2], 1.0)
    pixels = ops.ceil(sides)
    number = ops.cast(ops.ceil(ops.max(pixels, axis=0, initial=1.0) / TILE), "int32")
    columns_of_tiles, total = number[0], number[0] * number[1]

    def step(index, *best):
        column, row = index % columns_of_tiles * TILE, index // columns_of_tiles * TILE
        inside = ops.arange(TILE, dtype="float32")
        x, y = (ops.cast(first, "float32") + inside for first in (column, row))
        rows = _cubic_weights(y, pixels[:, 1], height)
        columns = _cubic_weights(x, pixels[:, 0], width)
        values = ops.matmul(rows, ops.reshape(logits, (-1, height, width * keypoints)))
        values = ops.reshape(values, (-1, TILE, width, keypoints))
        values = ops.matmul(columns[:, None], values)
        exists = (y < pixels[:, 1:])[:, :, None] & (x < pixels[:, :1])[:, None]
        values = ops.where(exists[..., None], values, -float("inf"))
        values = ops.reshape(values, (-1, TILE * TILE, keypoints))
        cell, value = ops.cast(ops.argmax(values, axis=1), "int32"), ops.max(values, axis=1)
        places = (column + cell % TILE, row + cell // TILE)
        found = (value, *(ops.cast(place, "float32") for place in places))
        better = _is_before(found, best)
        return index + 1, *(
            ops.where(better, new, old) for new, old in zip(found, best, strict=True)
        )

    zeros = ops.zeros_like(logits[:, 0, 0])
    start = (ops.zeros((), "int32"), zeros - float("inf"), zeros, zeros)
    _, best, x, y = ops.while_loop(lambda index, *_: index < total, step, start)
    probability = ops.exp(best - ops.logsumexp(logits, axis=(1, 2)))
    scale = sides / pixels
    x, y = (
        boxes[:, axis, None] + (place + 0.5) * scale[:, axis, None]
        for axis, place in enumerate((x, y))
    )
    return ops.stack([x, y, probability], -1)


def _is_before(found, best):
    """Whether a pixel is better, or equally good and earlier in the order of rows."""
    value, x, y = found
    best_value, best_x, best_y = best
    earlier = (y < best_y) | ((y == best_y) & (x < best_x))
    return (value > best_value) | ((value == best_value) & earlier)


def _cubic_weights(new, new_size, size: int):
    """Returns the weights `(R, n, size)` of old positions for new ones `(n,)` of each region."""
    places = (new[None] + 0.5) * (size / new_size[:, None]) - 0.5
    low = ops.floor(places)
    weights = 0.0
    for tap in (-1, 0, 1, 2):
        position = ops.cast(ops.clip(low + tap, 0, size - 1), "int32")
        weights += _cubic(ops.absolute(places - low - tap))[..., None] * ops.one_hot(position, size)
    return weights


def _cubic(distance):
    a = SHARPNESS
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    return ops.where(distance <= 1, near, far)
