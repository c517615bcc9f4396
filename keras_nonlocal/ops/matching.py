"""Which boxes are examples of which object, and which of them are used in a step."""

from __future__ import annotations

from keras import ops


def match_boxes(iou, exists, *, low: float, high: float, best_of_each: bool = False):
    """Assigns boxes to objects by their overlap.

    Args:
        iou: Overlaps of boxes and objects `(B, N, G)`.
        exists: Whether an object exists, bool `(B, G)`.
        low: A box with a smaller overlap is background.
        high: A box with at least this overlap belongs to the object.
        best_of_each: Whether the boxes of the largest overlap with an object belong to it, however
            small the overlap is.

    Returns:
        The object of the largest overlap, int32 `(B, N)`; and labels int32 `(B, N)`: 1 for objects,
        0 for background, -1 for boxes in between.

    Source: Faster R-CNN (arXiv:1506.01497), section 3.1.2.

    Example:

    >>> iou, exists = np.array([[[0.8], [0.5], [0.1]]]), np.array([[True]])
    >>> objects, labels = keras_nonlocal.ops.match_boxes(iou, exists, low=0.3, high=0.7)
    >>> labels.numpy().tolist()
    [[1, -1, 0]]
    """
    iou = ops.where(exists[:, None], iou, -1.0)
    best = ops.max(iou, axis=2)
    labels = ops.where(best >= high, 1, ops.where(best < low, 0, -1))
    if best_of_each:
        most = ops.max(iou, axis=1, keepdims=True)
        labels = ops.where(ops.any((iou == most) & (most > 0), axis=2), 1, labels)
    return ops.cast(ops.argmax(iou, axis=2), "int32"), ops.cast(labels, "int32")


def sample_boxes(labels, priorities, *, number: int, positive_share: float):
    """Chooses the boxes of a step: objects first, then background.

    Args:
        labels: As `match_boxes` returns them, `(B, N)`.
        priorities: float32 `(B, N)`; boxes of high priority are chosen first. Random numbers make a
            random sample.
        number: Number of boxes of an image.
        positive_share: Largest share of objects.

    Returns:
        Indices int32 `(B, number)`, and whether a place holds a box, bool `(B, number)`. The
        objects are the first, and are at most `int(number * positive_share)`.

    Example:

    >>> labels, priorities = np.array([[0, 1, -1, 0]]), np.array([[1.0, 0, 3, 2]])
    >>> chosen, exists = keras_nonlocal.ops.sample_boxes(
    ...     labels, priorities, number=2, positive_share=0.5
    ... )
    >>> chosen.numpy().tolist()
    [[1, 3]]
    """
    labels = ops.convert_to_tensor(labels)
    objects, has_object = _of_highest(labels == 1, priorities, int(number * positive_share))
    others, has_other = _of_highest(labels == 0, priorities, number)
    room = number - ops.sum(ops.cast(has_object, "int32"), axis=1, keepdims=True)
    has_other = has_other & (ops.arange(number)[None] < room)
    chosen = ops.concatenate([objects, others], axis=1)
    exists = ops.concatenate([has_object, has_other], axis=1)
    places = ops.arange(exists.shape[1], dtype="float32")
    _, order = ops.top_k(ops.where(exists, -places, -places - exists.shape[1]), number)
    order = ops.cast(order, "int32")
    return ops.take_along_axis(chosen, order, axis=1), ops.take_along_axis(exists, order, axis=1)


def _of_highest(mask, priorities, number):
    """The boxes of highest priority in a mask, `(B, number)`, and whether they exist."""
    missing = ops.maximum(number - ops.shape(mask)[1], 0)
    values = ops.where(mask, ops.cast(priorities, "float32"), -float("inf"))
    values = ops.pad(values, ((0, 0), (0, missing)), constant_values=-float("inf"))
    values, chosen = ops.top_k(values, number)
    exists = values > -float("inf")
    return ops.where(exists, ops.cast(chosen, "int32"), 0), exists
