"""A crop that follows the motion like a panning camera, for one actor and a fixed camera.

The center of the motion in a frame is the mean position, weighted by the squared motion. The crop
moves along a straight line at constant speed that fits these centers best; its row is constant.
"""

from __future__ import annotations

import tensorflow as tf


def path_of(motion: tf.Tensor) -> tf.Tensor:
    """Fits a line to the centers of the motion: `(B, T, H, W, C) -> (B, T, 2)`, row and column.

    Args:
        motion: The difference of each pixel from the background, float32.
    """
    # A little motion everywhere puts the center of a still clip in the middle of the frame.
    energy = tf.reduce_sum(tf.square(motion), axis=-1) + 1e-6
    frames, rows, columns = (
        tf.cast(tf.range(size), "float32") for size in tf.unstack(tf.shape(energy)[1:])
    )
    by_frame = tf.reduce_sum(energy, axis=(2, 3))
    total = tf.reduce_sum(by_frame, axis=1, keepdims=True)
    column = tf.reduce_sum(tf.reduce_sum(energy, axis=2) * columns, axis=2) / by_frame
    row = tf.reduce_sum(tf.reduce_sum(energy, axis=(1, 3)) * rows, axis=1, keepdims=True) / total
    time = frames - tf.reduce_sum(by_frame * frames, axis=1, keepdims=True) / total
    middle = tf.reduce_sum(by_frame * column, axis=1, keepdims=True) / total
    spread = tf.reduce_sum(by_frame * time**2, axis=1, keepdims=True)
    speed = tf.reduce_sum(by_frame * time * (column - middle), axis=1, keepdims=True)
    line = middle + speed / tf.maximum(spread, 1e-6) * time
    return tf.stack([tf.broadcast_to(row, tf.shape(line)), line], axis=-1)


def crop_along(clips: tf.Tensor, path: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Crops each frame around its point of the path; outside of the frame, pixels are zero.

    Args:
        clips: float32 `(B, T, H, W, C)`.
        path: `(B, T, 2)`, from `path_of`.
        size: Height and width of the crop.
    """
    height, width = size
    corner = tf.reshape(path, (-1, 2)) - ((height - 1) / 2, (width - 1) / 2)
    one, zero = tf.ones_like(corner[:, 0]), tf.zeros_like(corner[:, 0])
    rows = [one, zero, corner[:, 1], zero, one, corner[:, 0], zero, zero]
    shape = tf.shape(clips)
    cropped = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.reshape(clips, tf.concat([[-1], shape[2:]], axis=0)),
        transforms=tf.stack(rows, axis=1),
        output_shape=size,
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )
    return tf.reshape(cropped, (*tf.unstack(shape[:2]), height, width, clips.shape[-1]))
