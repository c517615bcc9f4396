"""Non-maximum suppression: of boxes that overlap, the one with the highest score is kept."""

from __future__ import annotations

import keras
from keras import ops

from .boxes import box_area


def non_maximum_suppression(boxes, scores, *, iou_threshold: float, max_outputs: int, loop=None):
    """Selects boxes by falling score, and leaves out those that overlap a selected one.

    The rows are independent: a row holds the boxes of one class, or of one level of a pyramid.

    Args:
        boxes: `(rows, N, 4)`, in pixels.
        scores: `(rows, N)`. A score of minus infinity marks a box that is never selected.
        iou_threshold: A box is left out if its intersection over union with a selected box is
            larger.
        max_outputs: Number of boxes that are selected in a row at most.
        loop: Whether to use a loop of `keras.ops`, which XLA and every backend can run, or the
            kernel of TensorFlow. `None` uses the kernel where there is one. Both give the same
            result.

    Returns:
        Indices int32 `(rows, max_outputs)`, by falling score, and padded with -1.

    Example:

    >>> boxes = np.array([[[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]]])
    >>> scores = np.array([[0.5, 0.9, 0.3]])
    >>> keras_nonlocal.ops.non_maximum_suppression(
    ...     boxes, scores, iou_threshold=0.5, max_outputs=3
    ... ).numpy().tolist()
    [[1, 2, -1]]
    """
    boxes = ops.cast(ops.convert_to_tensor(boxes), "float32")
    scores = ops.cast(ops.convert_to_tensor(scores), "float32")
    if loop is None:
        loop = keras.backend.backend() != "tensorflow"
    run = _loop if loop else _kernel
    return run(boxes, scores, iou_threshold, max_outputs)


def _loop(boxes, scores, iou_threshold, max_outputs):
    """Takes the best box of all rows at once, `max_outputs` times."""
    areas, places = box_area(boxes), ops.arange(max_outputs)

    def step(index, scores, selected):
        best = ops.argmax(scores, axis=-1)[:, None]
        box = ops.take_along_axis(boxes, best[..., None], axis=1)
        area = ops.take_along_axis(areas, best, axis=1)
        found = ops.take_along_axis(scores, best, axis=1) > -float("inf")
        sides = ops.minimum(box[..., 2:], boxes[..., 2:]) - ops.maximum(
            box[..., :2], boxes[..., :2]
        )
        both = ops.prod(ops.relu(sides), axis=-1)
        left_out = both > iou_threshold * (area + areas - both)
        left_out = left_out | (ops.arange(ops.shape(scores)[1])[None] == ops.cast(best, "int32"))
        best = ops.where(found, ops.cast(best, "int32"), -1)
        selected = ops.where(places[None] == index, best, selected)
        return index + 1, ops.where(left_out, -float("inf"), scores), selected

    start = ops.zeros_like(scores[:, :1], "int32") - 1 + ops.zeros((1, max_outputs), "int32")
    _, _, selected = ops.while_loop(
        lambda index, *_: index < max_outputs,
        step,
        (0, scores, start),
        maximum_iterations=max_outputs,
    )
    return selected


def _kernel(boxes, scores, iou_threshold, max_outputs):
    import tensorflow as tf

    def row(inputs):
        kept = tf.image.non_max_suppression(
            *inputs, max_outputs, iou_threshold, score_threshold=tf.float32.min
        )
        return tf.pad(kept, [[0, max_outputs - tf.shape(kept)[0]]], constant_values=-1)

    known = max_outputs if isinstance(max_outputs, int) else None
    spec = tf.TensorSpec((known,), "int32")
    return tf.map_fn(row, (boxes, scores), fn_output_signature=spec)
