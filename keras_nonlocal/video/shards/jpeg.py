"""Decodes JPEG frames to the pixels of a clip, with TensorFlow alone."""

from __future__ import annotations

import tensorflow as tf

from ..clip_spec import ClipSpec


def decoded_clip(
    clip: ClipSpec, frames: tf.Tensor, size: tf.Tensor, short_side, place, *, scales: bool = True
) -> tf.Tensor:
    """Decodes frames; if they are not resized, it decodes only the crop.

    Args:
        clip: The size of clips.
        frames: JPEG files, `(frames,)`.
        size: Their height and width, int64.
        short_side: The shorter side after resizing; `None` to cover `clip.size`.
        place: A function from the free pixels below and right of a crop to its top and left.
        scales: False if frames are known to be stored in the right size.

    Returns:
        uint8 `(frames, H, W, 3)`.
    """
    stored = tf.cast(size, tf.int32)
    scaled = _scaled(clip, stored, short_side) if scales else stored
    window = _window(clip, scaled, place)
    if scales:
        video = tf.cond(
            tf.reduce_all(scaled == stored),
            lambda: _decoded(frames, window),
            lambda: _resized(_decoded(frames, None), scaled, window),
        )
    else:
        video = _decoded(frames, None if clip.size is None else window)
    return tf.ensure_shape(video, (clip.num_frames, *(clip.size or (None, None)), 3))


def resized_clip(clip: ClipSpec, video: tf.Tensor, short_side, place) -> tf.Tensor:
    """Resizes and crops frames, as `decoded_clip` does after decoding.

    Args:
        clip: The size of clips.
        video: uint8 `(frames, H, W, 3)`.
        short_side, place: As in `decoded_clip`.

    Returns:
        uint8 `(frames, H', W', 3)`.
    """
    stored = tf.shape(video)[1:3]
    scaled = _scaled(clip, stored, short_side)
    window = _window(clip, scaled, place)
    video = tf.cond(
        tf.reduce_all(scaled == stored),
        lambda: _cropped(video, window),
        lambda: _resized(video, scaled, window),
    )
    return tf.ensure_shape(video, (clip.num_frames, *(clip.size or (None, None)), 3))


def drawn_place(room: tf.Tensor, shares: tf.Tensor) -> tf.Tensor:
    """The top and left of a crop, from free pixels and positions from 0 to 1."""
    return tf.minimum(tf.cast(shares * tf.cast(room + 1, tf.float32), tf.int32), room)


def spread_place(room: tf.Tensor, crop: tf.Tensor, crops: int) -> tf.Tensor:
    """The top and left of one of several crops; a single one is in the center."""
    return room // 2 if crops == 1 else room * crop // (crops - 1)


def _decoded(frames, window):
    """Decodes exactly, as the fast methods of libjpeg save no measurable time here."""

    def decode(frame):
        if window is None:
            return tf.io.decode_jpeg(frame, channels=3, dct_method="INTEGER_ACCURATE")
        return tf.image.decode_and_crop_jpeg(
            frame, window, channels=3, dct_method="INTEGER_ACCURATE"
        )

    return tf.map_fn(decode, frames, fn_output_signature=tf.TensorSpec((None, None, 3), tf.uint8))


def _resized(video, scaled, window):
    """Resizes bilinearly, with antialiasing if frames shrink to half or less."""
    pixels = tf.cond(
        tf.reduce_any(2 * scaled <= tf.shape(video)[1:3]),
        lambda: tf.image.resize(video, scaled, antialias=True),
        lambda: tf.image.resize(video, scaled),
    )
    return tf.cast(_cropped(pixels, window) + 0.5, tf.uint8)


def _cropped(video, window):
    return tf.slice(video, [0, window[0], window[1], 0], [-1, window[2], window[3], -1])


def _scaled(clip, stored, short_side):
    """As `ResizeCrop.resized_shape`, for tensors."""
    if short_side is None and clip.size is None:
        return stored
    least = tf.constant(clip.size, tf.int32) if short_side is None else tf.stack([short_side] * 2)
    other = tf.maximum((2 * stored * least[::-1] + stored[::-1]) // (2 * stored[::-1]), least)
    tall = least[0] * stored[1] >= least[1] * stored[0]
    return tf.where(tall, tf.stack([least[0], other[1]]), tf.stack([other[0], least[1]]))


def _window(clip, scaled, place):
    """Top, left, height and width of the crop of a resized frame."""
    if clip.size is None:
        return tf.concat([[0, 0], scaled], 0)
    wanted = tf.constant(clip.size, tf.int32)
    room = scaled - wanted
    with tf.control_dependencies(
        [tf.debugging.assert_non_negative(room, "`size` must fit into frames of `short_side`.")]
    ):
        start = place(room)
    return tf.concat([start, wanted], 0)
