"""The clips of all videos of a manifest, for `tf.data`."""

from __future__ import annotations

import tensorflow as tf

from ..data.tf_chain import as_written, seed_of, shuffled
from .clip_reader import ClipReader
from .pipeline import only_clip


class FileClips:
    """A `ClipSource` of video files, which are read by Python threads.

    Args:
        reader: Reads the clips of a video.
        num_parallel_calls: Number of videos that are read at once.
    """

    def __init__(self, reader: ClipReader, num_parallel_calls: int):
        manifest = reader.manifest
        self.class_names, self.multi_label = manifest.class_names, manifest.multi_label
        self.videos, self.num_parallel_calls = len(manifest), num_parallel_calls
        self.reader, self._skips = reader, reader.on_error == "skip"

    def order(self, seed: int) -> tf.data.Dataset:
        """Returns `(index, draw)` of all videos once."""
        return shuffled(self.videos, training=self.reader.training, seed=seed)

    def clips(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """Reads clips, `(video, target, seed)` or `(video, seed)`, of videos, `(index, draw)`."""
        videos = order.map(self._read, num_parallel_calls=self.num_parallel_calls)
        if self._skips:
            videos = videos.filter(lambda views, *_: tf.shape(views)[0] > 0)
        clips = videos.map(only_clip) if self.reader.training else videos.unbatch()
        length = order.cardinality()
        if self._skips or length < 0:  # unknown or infinite
            return clips
        views = 1 if self.reader.training else self.reader.clip.views
        return clips.apply(tf.data.experimental.assert_cardinality(length * views))

    @as_written
    def _read(self, index, draw):
        """Reads all views of a video, uint8 `(views, T, H, W, 3)`, with their targets and seeds."""
        clip, target = self.reader.clip, tf.constant(self.reader.targets[:1])
        views, targets = tf.numpy_function(self.reader, [index, draw], (tf.uint8, target.dtype))
        views = tf.ensure_shape(views, (None, clip.num_frames, *(clip.size or (None, None)), 3))
        targets = tf.ensure_shape(targets, (None, *target.shape[1:]))
        seeds = tf.repeat(seed_of(draw)[None], tf.shape(views)[0], axis=0)
        return (views, targets, seeds) if self.reader.labeled else (views, seeds)
