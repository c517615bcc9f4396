"""What the layers take: clips alone or with labels, one clip or a batch, of any type."""

from __future__ import annotations

import keras
import tensorflow as tf


def split_inputs(inputs) -> tuple:
    """`clips` or `(clips, labels)` -> `(clips, labels or None)`."""
    if not isinstance(inputs, list | tuple):
        return inputs, None
    if len(inputs) != 2:
        raise ValueError(
            "Give clips, or a pair `(clips, labels)`. "
            f"Received: a {type(inputs).__name__} of {len(inputs)}"
        )
    return tuple(inputs)


def is_single(shape) -> bool:
    """Whether the shape is that of one clip; an error where it is neither that nor a batch's."""
    rank = tf.TensorShape(shape).rank
    if rank not in (4, 5):
        raise ValueError(
            "Clips must be of shape (batch, time, height, width, channels), or one clip without "
            "the batch. A tensor of unknown rank needs `tf.ensure_shape` first. "
            f"Received: a shape of {'unknown rank' if rank is None else tuple(shape)}"
        )
    return rank == 4


def check_rank(clips) -> None:
    """An error where a tensor does not say its rank; Keras would fail on it."""
    if tf.is_tensor(clips) and clips.shape.rank is None:
        is_single(clips.shape)


def labels_of(clips, labels) -> tf.Tensor:
    """Labels of a batch as a tensor; an error where they are not one for each clip."""
    labels = tf.convert_to_tensor(labels)
    as_many = labels.shape[:1].is_compatible_with(clips.shape[:1])
    if labels.shape.rank not in (None, 1, 2, 3) or not as_many:
        raise ValueError(
            "Labels must be one for each clip, (B,) or rows (B, K). Two batches of clips are not a "
            f"pair of clips and labels. Received: clips of shape {tuple(clips.shape)}, labels of "
            f"shape {tuple(labels.shape)}"
        )
    return labels


def to_working_dtype(clips) -> tf.Tensor:
    """As tensors that layers work on: uint8 stays, as it is cheap to cut; others become float32."""
    clips = tf.convert_to_tensor(clips)
    return clips if clips.dtype == tf.uint8 else tf.cast(clips, "float32")


def check_smaller(clips, size: tuple[int, ...], advice: str) -> tf.Tensor:
    """The clips, if their frames are at least this large: checked at once, or when they come."""
    message = f"Frames are smaller than `size`={size}. {advice}"
    known = clips.shape[2:4]
    if any(side is not None and side < least for side, least in zip(known, size, strict=True)):
        raise ValueError(f"{message} Received: clips of shape {tuple(clips.shape)}")
    if known.is_fully_defined():
        return clips
    least = tf.debugging.assert_greater_equal(tf.shape(clips)[2:4], list(size), message=message)
    with tf.control_dependencies([least]):
        return tf.identity(clips)


def check_channels(name: str, value, clips) -> None:
    """An error where there is a value for each channel, and not as many as channels."""
    if isinstance(value, tuple) and len(value) != clips.shape[4]:
        raise ValueError(
            f"`{name}` must be one number, or one for each of {clips.shape[4]} channels. "
            f"Received: {name}={value!r}"
        )


def refuse_other_tensors(inputs) -> None:
    """Tensors of JAX and PyTorch do not come out as such: the layers are for `tf.data` there."""
    if any(keras.ops.is_tensor(each) and not tf.is_tensor(each) for each in split_inputs(inputs)):
        raise ValueError(
            "Augmentation runs in TensorFlow. With another Keras backend use it in a data set, "
            "`dataset.map(layer)`, and not inside a model. "
            f"Received: a tensor of {keras.backend.backend()}"
        )
