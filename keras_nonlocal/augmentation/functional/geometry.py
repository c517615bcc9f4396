"""Geometric changes of clips `(B, T, H, W, C)`: crop, resize, mirror and affine transformation.

Cropping and mirroring copy pixels. Resampling is computed in float32.
"""

from __future__ import annotations

import tensorflow as tf


def cast_rounded(values, dtype) -> tf.Tensor:
    """Casts values in 0..255 to another dtype; integers are rounded to the nearest."""
    dtype = tf.as_dtype(dtype)
    if values.dtype == dtype:
        return values
    return tf.cast(values + 0.5 if dtype.is_integer and values.dtype.is_floating else values, dtype)


def crop(clips, corners, size: tuple[int, ...]) -> tf.Tensor:
    """Cuts one box of a given size out of each clip: corners int32 `(B, 2)`, top and left."""
    height, width = size

    def cut(clip_and_corner):
        clip, corner = clip_and_corner
        return tf.slice(clip, [0, corner[0], corner[1], 0], [-1, height, width, -1])

    return tf.map_fn(cut, (clips, corners), fn_output_signature=_signature(clips, size))


def crop_and_resize(clips, boxes, size: tuple[int, ...], antialias: bool = False) -> tf.Tensor:
    """Cuts one box out of each clip and scales it bilinearly, in one resampling.

    Args:
        clips: `(B, T, H, W, C)`.
        boxes: int32 `(B, 4)` of top, left, height and width.
        size: Height and width of the output.
        antialias: Whether to average over the area of a pixel where a box gets smaller.

    Returns:
        `(B, T, *size, C)` in the dtype of the clips.
    """

    def scale(clip_and_box):
        clip, box = clip_and_box
        cut = tf.slice(clip, [0, box[0], box[1], 0], [-1, box[2], box[3], -1])
        return cast_rounded(tf.image.resize(cut, size, antialias=antialias), clips.dtype)

    return tf.map_fn(scale, (clips, boxes), fn_output_signature=_signature(clips, size))


def resize(clips, size, antialias: bool = False) -> tf.Tensor:
    """Scales all frames bilinearly to a size, which may be a tensor."""
    shape = tf.shape(clips)
    frames = tf.reshape(clips, tf.concat([[-1], shape[2:]], 0))
    scaled = cast_rounded(tf.image.resize(frames, size, antialias=antialias), clips.dtype)
    return tf.reshape(scaled, tf.concat([shape[:2], tf.shape(scaled)[1:]], 0))


def mirror(clips, chosen) -> tf.Tensor:
    """Mirrors the chosen clips left to right: chosen bool `(B,)`."""

    def mirror_clip(clip_and_chosen):
        clip, chosen = clip_and_chosen
        return tf.cond(chosen, lambda: _mirrored(clip), lambda: clip)

    return tf.map_fn(
        mirror_clip, (clips, chosen), fn_output_signature=_signature(clips, clips.shape[2:4])
    )


def _mirrored(clip):
    """Mirrors a tensor of rank 3, which TensorFlow reverses several times faster than rank 4."""
    shape = tf.shape(clip)
    rows = tf.reshape(clip, tf.stack([-1, shape[2], shape[3]]))
    return tf.reshape(tf.reverse(rows, axis=[1]), shape)


def affine(clip, matrix, fill: float = 0.0) -> tf.Tensor:
    """Applies an affine transformation to one clip, bilinearly.

    Args:
        clip: float32 `(T, H, W, C)`.
        matrix: `(a, b, c, d, e, f)` as in Pillow: the output at `(x, y)` is the input at
            `(a x + b y + c, d x + e y + f)`, where the center of a pixel is its index plus a half.
        fill: Value outside the frame.

    Returns:
        float32 `(T, H, W, C)`.
    """
    a, b, c, d, e, f = (tf.cast(number, "float32") for number in matrix)
    c, f = (a + b - 1) / 2 + c, (d + e - 1) / 2 + f
    return _transformed(clip, tf.stack([a, b, c, d, e, f, 0.0, 0.0])[None], fill)


def zoom_shift_turn(clips, zooms, shifts, turns) -> tf.Tensor:
    """Zooms, shifts and turns each clip around its center, bilinearly; edge pixels are repeated.

    Args:
        clips: `(B, T, H, W, C)`.
        zooms: Zoom factors `(B,)`; factors above one enlarge.
        shifts: Shifts down and to the right, as fractions of height and width: `(B, 2)`.
        turns: Angles in radians, counterclockwise: `(B,)`.

    Returns:
        float32 `(B, T, H, W, C)`.
    """
    shape = tf.shape(clips)
    sides = tf.cast(shape[2:4], "float32")
    center = (sides - 1) / 2
    y, x = tf.unstack(center + shifts * sides, axis=1)  # the new place of the center
    cosine, sine = tf.cos(turns) / zooms, tf.sin(turns) / zooms
    to_x, to_y = center[1] - cosine * x + sine * y, center[0] - sine * x - cosine * y
    zero = tf.zeros_like(x)
    matrices = tf.stack([cosine, -sine, to_x, sine, cosine, to_y, zero, zero], axis=1)
    frames = tf.reshape(tf.cast(clips, "float32"), tf.concat([[-1], shape[2:]], 0))
    moved = _transformed(frames, tf.repeat(matrices, shape[1], axis=0), edge="NEAREST")
    return tf.ensure_shape(tf.reshape(moved, shape), clips.shape)


def _transformed(frames, matrices, fill=0.0, edge="CONSTANT"):
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=frames,
        transforms=matrices,
        output_shape=tf.shape(frames)[1:3],
        fill_value=float(fill),
        interpolation="BILINEAR",
        fill_mode=edge,
    )


def _signature(clips, size):
    return tf.TensorSpec((clips.shape[1], *size, clips.shape[4]), clips.dtype)
