"""Where the record of each clip stands in a folder of shards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ...utils.checks import PathLike
from .index import Shard, ShardSet, joined

AROUND = 16  # bytes that a TFRecord file adds to each record: its length and two checksums
_BUFFER = 1 << 20  # bytes that are read at a time
# What a worker of a service draws its order among: few shards, or the first one has them all.
_SHARDS_HELD, _CLIPS_HELD = 4, 256
_CHANGED = "as when it was written. `check_shards` tells which shards have changed."


def record_reader(folder: PathLike, shards: ShardSet) -> Callable[[tf.Tensor], tf.Tensor]:
    """From the number of a video to its record, without reading any other."""
    whole = _whole(shards)
    paths = tf.constant([joined(folder, shard.file) for shard in whole])
    of_file = np.repeat(np.arange(len(whole)), [len(shard.sizes) for shard in whole])
    sizes = np.concatenate([shard.sizes for shard in whole])
    begins = np.concatenate([np.cumsum((0, *shard.sizes[:-1])) for shard in whole])
    nothing = tf.data.Dataset.from_tensors("")

    def read(index):
        file, begin, size = (tf.constant(each)[index] for each in (of_file, begins, sizes))
        from_there = tf.raw_ops.TFRecordDatasetV2(
            filenames=paths[file][None],
            byte_offsets=begin[None],
            compression_type="",
            buffer_size=_BUFFER,
        )
        records = tf.data.experimental.from_variant(from_there, tf.TensorSpec((), tf.string))
        record = records.concatenate(nothing).take(1).get_single_element()
        found = tf.strings.length(record) + AROUND == tf.cast(size, tf.int32)
        said = [paths[file], "has no record of", size, "bytes at byte", begin, _CHANGED]
        with tf.control_dependencies([tf.debugging.Assert(found, said)]):
            return tf.identity(record)

    return read


def shared_order(shards: ShardSet, *, training: bool) -> tf.data.Dataset:
    """`(index, draw)` of the shards that a worker of a service gets as it asks for more.

    Workers begin each epoch with the same generators, so draws come from the clock.
    """
    counts = [len(shard.sizes) for shard in _whole(shards)]
    ends = np.cumsum(counts)
    parts = tf.data.Dataset.from_tensor_slices((ends - counts, ends))
    if training:
        parts = parts.shuffle(_SHARDS_HELD)
    order = parts.flat_map(tf.data.Dataset.range)
    if training:
        order = order.shuffle(_CLIPS_HELD)
    return order.map(lambda index: (index, tf.cast(tf.timestamp() * 1e6, tf.int64)))


def _whole(shards: ShardSet) -> list[Shard]:
    """Those that hold clips."""
    return [shard for shard in shards.shards if shard and shard.frames]
