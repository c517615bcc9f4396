"""Numbers of videos -> their clips, by threads of Python in a `tf.data` pipeline."""

from __future__ import annotations

import tensorflow as tf

from .clip_reader import ClipReader
from .clip_spec import ClipSpec
from .pipeline import as_written


def loaded_by(
    reader: ClipReader, numbered: tf.data.Dataset, clip: ClipSpec, calls: int
) -> tf.data.Dataset:
    """What a reader reads of each video.

    Args:
        reader: Reads the clips of a video.
        numbered: Elements `(index, draw)`, as the reader takes them.
        clip: How clips are cut.
        calls: How many videos are read at once.

    Returns:
        Elements `(videos, targets, seeds)`, or `(videos, seeds)` where nothing is labelled: uint8
        `(views, T, H, W, 3)`, a target for each view, and int32 `(views, 2)` from the draw.
    """
    target = tf.constant(reader.targets[:1])

    @as_written
    def load(index, draw):
        videos, targets = tf.numpy_function(reader, [index, draw], (tf.uint8, target.dtype))
        videos = tf.ensure_shape(videos, (None, clip.frames, *(clip.size or (None, None)), 3))
        targets = tf.ensure_shape(targets, (None, *target.shape[1:]))
        seeds = tf.repeat(tf.bitcast(draw, tf.int32)[None], tf.shape(videos)[0], axis=0)
        return (videos, targets, seeds) if reader.labelled else (videos, seeds)

    return numbered.map(load, num_parallel_calls=calls)
