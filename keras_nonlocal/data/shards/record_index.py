"""What is in a shard and where, in a file beside it: a few kilobytes a clip.

Each record of it is a `tf.train.Example`. Epochs are shuffled by it, and only those frames of a
clip that are wanted are read from the shard.
"""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

from .example import FRAMES_KEY, TIMES_KEY

# A TFRecord file has 12 bytes before each record, its length and a checksum, and 4 behind it.
_BEFORE, _BEHIND = 12, 4
FEATURES = {
    "number": tf.io.FixedLenFeature([], tf.int64),
    "bytes": tf.io.FixedLenFeature([], tf.int64),
    "labels": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    "size": tf.io.FixedLenFeature([2], tf.int64),
    "rate": tf.io.FixedLenFeature([2], tf.int64),
    "times": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    "offsets": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    "lengths": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
}


def index_shard(path: str) -> Iterator[tuple[dict[str, list[int]], list[bytes]]]:
    """Goes through the records of a shard.

    Returns:
        An iterator of what the index says of a clip, by the names of `FEATURES`, and its frames.

    Raises:
        tf.errors.DataLossError: A checksum is wrong, or the file is not complete.
        ValueError: A record is not one that `clip_example` wrote.
    """
    start, size = _BEFORE, tf.io.gfile.stat(path).length
    for number, record in enumerate(tf.data.TFRecordDataset(path).as_numpy_iterator()):
        try:
            yield _described(record, start, number, size)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(
                f"Record {number} of {path!r} is not one that `clip_example` wrote: {error}"
            ) from error
        start += len(record) + _BEHIND + _BEFORE


def serialized(clip: dict[str, list[int]]) -> bytes:
    """One record of an index file."""
    features = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        for name, values in clip.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _described(record: bytes, start: int, number: int, size: int):
    example = tf.train.SequenceExample.FromString(record)
    lists, context = example.feature_lists.feature_list, example.context.feature
    frames = [feature.bytes_list.value[0] for feature in lists[FRAMES_KEY].feature]
    times = [feature.int64_list.value[0] for feature in lists[TIMES_KEY].feature]

    def numbers(key):
        return list(context[key].int64_list.value)

    clip = {
        "number": [number],
        "bytes": [size],
        "labels": numbers("clip/label/index"),
        "size": numbers("image/height") + numbers("image/width"),
        "rate": numbers("image/frame_rate/fraction"),
        "times": [time - times[0] for time in times],
        "offsets": [start + place for place in _places(record, frames)],
        "lengths": [len(frame) for frame in frames],
    }
    return clip, frames


def _places(record: bytes, frames: list[bytes]) -> list[int]:
    """Where each frame begins in the record, in which they lie one behind the other."""
    places, behind = [], 0
    for frame in frames:
        places.append(record.index(frame, behind))
        behind = places[-1] + len(frame)
    return places
