"""Two clips in one, and holes in clips: `(B, T, H, W, C)`."""

from __future__ import annotations

import tensorflow as tf

from .boxes import inside


def blend(values, others, shares) -> tf.Tensor:
    """`share * value + (1 - share) * other` in float32: shares `(B,)`, values `(B, ...)`."""
    ones = tf.ones([tf.rank(values) - 1], "int32")
    shares = tf.reshape(shares, tf.concat([tf.shape(shares), ones], 0))
    return shares * tf.cast(values, "float32") + (1 - shares) * tf.cast(others, "float32")


def paste(clips, others, boxes) -> tf.Tensor:
    """Takes the other clips inside the boxes, the same ones in all frames."""
    return tf.where(inside(boxes, tf.shape(clips)[2:4]), others, clips)


def shares_outside(boxes, frame) -> tf.Tensor:
    """What part of a frame lies outside of the boxes: `(B, 4) -> (B,)`."""
    covered = tf.cast(boxes[:, 2] * boxes[:, 3], "float32")
    return 1 - covered / tf.cast(tf.reduce_prod(frame), "float32")


def fill(clips, boxes, chosen, value) -> tf.Tensor:
    """Writes a value, or one a channel, into the boxes of the chosen clips: chosen bool `(B,)`."""
    hole = inside(boxes, tf.shape(clips)[2:4]) & tf.reshape(chosen, (-1, 1, 1, 1, 1))
    return tf.where(hole, value, clips)


def soft_labels(labels, classes: int | None) -> tf.Tensor:
    """Labels that can be mixed: integers `(B,)` -> one-hot, rows `(B, K)` as they are; float32."""
    if labels.shape.rank > 1 or classes is None:
        return tf.cast(labels, "float32")
    message = f"Labels must be class numbers, 0 to {classes - 1}, as `classes`={classes} says."
    inside = tf.reduce_all((labels >= 0) & (labels < classes))
    known = tf.debugging.Assert(inside, [message, labels])
    with tf.control_dependencies([known]):
        return tf.one_hot(labels, classes)
