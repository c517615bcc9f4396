"""Checks and conversions of layer inputs: clips with or without labels, single or in batches."""

from __future__ import annotations

import keras
import tensorflow as tf


def split_inputs(inputs) -> tuple:
    """`clips` or `(clips, labels)` -> `(clips, labels or None)`."""
    if not isinstance(inputs, list | tuple):
        return inputs, None
    if len(inputs) != 2:
        raise ValueError(
            "The input must be clips or a pair `(clips, labels)`. "
            f"Received: a {type(inputs).__name__} of {len(inputs)}"
        )
    return tuple(inputs)


def is_single(shape) -> bool:
    """Whether the shape belongs to one clip and not to a batch; raise if it is neither."""
    rank = tf.TensorShape(shape).rank
    if rank not in (4, 5):
        raise ValueError(
            "Clips must have the shape (batch, time, height, width, channels), or one clip without "
            "the batch. A tensor of unknown rank needs `tf.ensure_shape` first. "
            f"Received: a shape of {'unknown rank' if rank is None else tuple(shape)}"
        )
    return rank == 4


def labels_of(clips, labels) -> tf.Tensor:
    """Converts labels to a tensor; raise if there is not one label for each clip."""
    labels = tf.convert_to_tensor(labels)
    same_batch = labels.shape[:1].is_compatible_with(clips.shape[:1])
    if labels.shape.rank not in (None, 1, 2, 3) or not same_batch:
        raise ValueError(
            "There must be one label for each clip, (B,) or rows (B, K). Two batches of clips are "
            "not a pair of clips and labels. Received: clips of shape "
            f"{tuple(clips.shape)}, labels of shape {tuple(labels.shape)}"
        )
    return labels


def to_working_dtype(clips) -> tf.Tensor:
    """Keeps uint8, which is cheap to crop, and casts all other dtypes to float32."""
    clips = tf.convert_to_tensor(clips)
    return clips if clips.dtype == tf.uint8 else tf.cast(clips, "float32")


def check_smaller(clips, size: tuple[int, ...], advice: str) -> tf.Tensor:
    """Returns the clips if their frames are at least `size`.

    Sizes that are unknown now are checked when the graph runs.
    """
    message = f"Frames are smaller than `size`={size}. {advice}"
    known = clips.shape[2:4]
    if any(side is not None and side < least for side, least in zip(known, size, strict=True)):
        raise ValueError(f"{message} Received: clips of shape {tuple(clips.shape)}")
    if known.is_fully_defined():
        return clips
    check = tf.debugging.assert_greater_equal(tf.shape(clips)[2:4], list(size), message=message)
    with tf.control_dependencies([check]):
        return tf.identity(clips)


def check_channels(name: str, value, clips) -> None:
    """Raise if `value` is a tuple that does not have one number for each channel."""
    if isinstance(value, tuple) and len(value) != clips.shape[4]:
        raise ValueError(
            f"`{name}` must be one number, or one for each of {clips.shape[4]} channels. "
            f"Received: {name}={value!r}"
        )


def refuse_other_tensors(inputs) -> None:
    """Raise for tensors of JAX and PyTorch: the output would be a tensor of TensorFlow."""
    if any(keras.ops.is_tensor(each) and not tf.is_tensor(each) for each in split_inputs(inputs)):
        raise ValueError(
            "Augmentation runs in TensorFlow. With another Keras backend, use the layer in a data "
            "set, `dataset.map(layer)`, and not inside a model. "
            f"Received: a tensor of {keras.backend.backend()}"
        )
