"""Cutting, scaling, mirroring and moving of clips `(B, T, H, W, C)`, and affine moves of one.

Cutting and mirroring copy bytes and keep the type. Resampling is computed in float32 and gives
the type that came in.
"""

from __future__ import annotations

import tensorflow as tf


def cast_rounded(values, dtype) -> tf.Tensor:
    """Values 0..255 in another type, to the nearest number where it is an integer type."""
    dtype = tf.as_dtype(dtype)
    if values.dtype == dtype:
        return values
    return tf.cast(values + 0.5 if dtype.is_integer and values.dtype.is_floating else values, dtype)


def crop(clips, corners, size: tuple[int, ...]) -> tf.Tensor:
    """Cuts a box of a size out of each clip: corners int32 `(B, 2)`, top and left."""
    height, width = size

    def cut(clip_and_corner):
        clip, corner = clip_and_corner
        return tf.slice(clip, [0, corner[0], corner[1], 0], [-1, height, width, -1])

    return tf.map_fn(cut, (clips, corners), fn_output_signature=_signature(clips, size))


def crop_and_resize(clips, boxes, size: tuple[int, ...], antialias: bool = False) -> tf.Tensor:
    """Cuts a box out of each clip and scales it to a size, bilinear, in one resampling.

    Args:
        clips: `(B, T, H, W, C)`.
        boxes: int32 `(B, 4)` of top, left, height and width.
        size: Height and width that come out.
        antialias: Averages over what one pixel covers where a box becomes smaller.
    """

    def scale(clip_and_box):
        clip, box = clip_and_box
        cut = tf.slice(clip, [0, box[0], box[1], 0], [-1, box[2], box[3], -1])
        return cast_rounded(tf.image.resize(cut, size, antialias=antialias), clips.dtype)

    return tf.map_fn(scale, (clips, boxes), fn_output_signature=_signature(clips, size))


def resize(clips, size, antialias: bool = False) -> tf.Tensor:
    """Scales all frames to a size, which may be a tensor."""
    shape = tf.shape(clips)
    frames = tf.reshape(clips, tf.concat([[-1], shape[2:]], 0))
    scaled = cast_rounded(tf.image.resize(frames, size, antialias=antialias), clips.dtype)
    return tf.reshape(scaled, tf.concat([shape[:2], tf.shape(scaled)[1:]], 0))


def mirror(clips, chosen) -> tf.Tensor:
    """Mirrors the chosen clips left to right: chosen bool `(B,)`. Others are not touched."""

    def turned(clip_and_chosen):
        clip, chosen = clip_and_chosen
        return tf.cond(chosen, lambda: _mirrored(clip), lambda: clip)

    return tf.map_fn(
        turned, (clips, chosen), fn_output_signature=_signature(clips, clips.shape[2:4])
    )


def _mirrored(clip):
    """As rows of rank 3, which TensorFlow reverses several times faster than other ranks."""
    shape = tf.shape(clip)
    rows = tf.reshape(clip, tf.stack([-1, shape[2], shape[3]]))
    return tf.reshape(tf.reverse(rows, axis=[1]), shape)


def move(clip, matrix, fill: float = 0.0) -> tf.Tensor:
    """An affine move of one float clip `(T, H, W, C)`, bilinear.

    Args:
        clip: float32 `(T, H, W, C)`.
        matrix: `(a, b, c, d, e, f)` as Pillow takes it: the value at `(x, y)` comes from
            `(a x + b y + c, d x + e y + f)`, where a pixel's center lies at its index plus a half.
        fill: What comes in from outside.
    """
    a, b, c, d, e, f = (tf.cast(number, "float32") for number in matrix)
    c, f = (a + b - 1) / 2 + c, (d + e - 1) / 2 + f
    return _transformed(clip, tf.stack([a, b, c, d, e, f, 0.0, 0.0])[None], fill)


def zoom_shift_turn(clips, zooms, shifts, turns) -> tf.Tensor:
    """Moves each clip around its center, bilinear, in float32; past the edge it is repeated.

    Args:
        clips: `(B, T, H, W, C)`.
        zooms: How many times larger: `(B,)`.
        shifts: In parts of height and width, down and to the right: `(B, 2)`.
        turns: Radians, to the left: `(B,)`.
    """
    shape = tf.shape(clips)
    sides = tf.cast(shape[2:4], "float32")
    center = (sides - 1) / 2
    y, x = tf.unstack(center + shifts * sides, axis=1)  # where the center goes
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
