"""The clips of whole videos, cut and resized in a graph, as a server needs it."""

from __future__ import annotations

import tensorflow as tf

from .clip_spec import ClipSpec
from .decoding.array_video import FPS
from .sampling.by_time import MICROSECONDS
from .shards.jpeg import resized_clip
from .shards.reading import evaluation_view


def views_of_frames(clip: ClipSpec, frames: tf.Tensor) -> tf.Tensor:
    """Cuts the evaluation clips of a video.

    Frames are chosen as by `read_clips`, and resized by TensorFlow: their pixels differ a little
    from those of files, which FFmpeg resizes.

    Args:
        clip: How clips are cut.
        frames: uint8 `(F, H, W, 3)`, RGB, 30 in a second.

    Returns:
        uint8 `(views, T, H', W', 3)`.
    """
    number = tf.range(tf.shape(frames, tf.int64)[0], dtype=tf.int64)
    described = {
        "times": number * MICROSECONDS * FPS.denominator // FPS.numerator,
        "rate": tf.constant([FPS.numerator, FPS.denominator], tf.int64),
    }

    def view(place):
        indices, short_side, start = evaluation_view(clip, {**described, "view": place})
        return resized_clip(clip, tf.gather(frames, indices), short_side, start)

    signature = tf.TensorSpec((clip.num_frames, *(clip.size or (None, None)), 3), tf.uint8)
    places = tf.range(clip.views, dtype=tf.int64)
    return tf.map_fn(view, places, fn_output_signature=signature)
