"""Reads single records of shards by their offsets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ...utils.checks import PathLike
from .index import Shard, ShardSet, joined

AROUND = 16  # bytes that a TFRecord file adds to each record: its length and two checksums
_BUFFER = 1 << 20  # bytes
# Shuffle buffers of a worker of a service. With more shards, the first worker gets all of them.
_SHARD_BUFFER, _CLIP_BUFFER = 4, 256
_CHANGED = "as when it was written. `check_shards` finds shards that have changed."


def record_reader(folder: PathLike, shards: ShardSet) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a function from the index of a video to its record, which reads no other record."""
    files = _with_clips(shards)
    paths = tf.constant([joined(folder, shard.file) for shard in files])
    file_indices = np.repeat(np.arange(len(files)), [len(shard.sizes) for shard in files])
    sizes = np.concatenate([shard.sizes for shard in files])
    offsets = np.concatenate([np.cumsum((0, *shard.sizes[:-1])) for shard in files])
    nothing = tf.data.Dataset.from_tensors("")

    def read(index):
        file, offset, size = (tf.constant(each)[index] for each in (file_indices, offsets, sizes))
        records = tf.raw_ops.TFRecordDatasetV2(
            filenames=paths[file][None],
            byte_offsets=offset[None],
            compression_type="",
            buffer_size=_BUFFER,
        )
        records = tf.data.experimental.from_variant(records, tf.TensorSpec((), tf.string))
        record = records.concatenate(nothing).take(1).get_single_element()
        found = tf.strings.length(record) + AROUND == tf.cast(size, tf.int32)
        message = [paths[file], "has no record of", size, "bytes at byte", offset, _CHANGED]
        with tf.control_dependencies([tf.debugging.Assert(found, message)]):
            return tf.identity(record)

    return read


def shared_order(shards: ShardSet, *, training: bool) -> tf.data.Dataset:
    """Returns `(index, draw)` of the shards that a service gives to a worker.

    All workers start each epoch with the same random state, so draws come from the clock.
    """
    counts = [len(shard.sizes) for shard in _with_clips(shards)]
    ends = np.cumsum(counts)
    parts = tf.data.Dataset.from_tensor_slices((ends - counts, ends))
    if training:
        parts = parts.shuffle(_SHARD_BUFFER)
    order = parts.flat_map(tf.data.Dataset.range)
    if training:
        order = order.shuffle(_CLIP_BUFFER)
    return order.map(lambda index: (index, tf.cast(tf.timestamp() * 1e6, tf.int64)))


def _with_clips(shards: ShardSet) -> list[Shard]:
    return [shard for shard in shards.shards if shard and shard.frames]
