"""What is in a shard and where, in a file beside it: a few kilobytes a clip.

Each record of it is a `tf.train.Example`. Epochs are shuffled by it, and only those frames of a
clip that are wanted are read from the shard.
"""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

from .frame_records import FRAMES_KEY, HEADER, HEADER_KEY

_FRAMING = 16  # bytes of a TFRecord file between two records
FEATURES = {
    "number": tf.io.FixedLenFeature([], tf.int64),
    "labels": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    "size": tf.io.FixedLenFeature([2], tf.int64),
    "rate": tf.io.FixedLenFeature([2], tf.int64),
    "times": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    "headers": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
    "skips": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
}


def index_shard(path: str) -> Iterator[tuple[dict[str, list[int]], list[bytes]]]:
    """Goes through the records of a shard.

    Returns:
        An iterator of what the index says of a clip, by the names of `FEATURES`, and its frames.

    Raises:
        tf.errors.DataLossError: A checksum is wrong, or the file is not complete.
        ValueError: A record is not one that `clip_example` wrote.
    """
    start = HEADER
    for number, record in enumerate(tf.data.TFRecordDataset(path).as_numpy_iterator()):
        try:
            yield _described(record, start, number)
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError(
                f"Record {number} of {path!r} is not one that `clip_example` wrote: {error}"
            ) from error
        start += len(record) + _FRAMING


def serialized(clip: dict[str, list[int]]) -> bytes:
    """One record of an index file."""
    features = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=values))
        for name, values in clip.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _described(record: bytes, start: int, number: int):
    example = tf.train.SequenceExample.FromString(record)
    lists, context = example.feature_lists.feature_list, example.context.feature
    frames = [feature.bytes_list.value[0] for feature in lists[FRAMES_KEY].feature]
    headers, skips = _places(record, context[HEADER_KEY].bytes_list.value[0], frames)

    def numbers(key):
        return list(context[key].int64_list.value)

    times = [feature.int64_list.value[0] for feature in lists["image/timestamp"].feature]
    clip = {
        "number": [number],
        "labels": numbers("clip/label/index"),
        "size": numbers("image/height") + numbers("image/width"),
        "rate": numbers("image/frame_rate/fraction"),
        "times": [time - times[0] for time in times],
        "headers": [start + header for header in headers],
        "skips": skips,
    }
    return clip, frames


def _places(record: bytes, header: bytes, frames: list[bytes]) -> tuple[list[int], list[int]]:
    """Where the header of each frame is, and how many bytes behind it the frame begins."""
    headers, skips = [record.index(header)], []
    for frame in frames:
        begins = record.index(frame[:256], headers[-1] + HEADER)
        skips.append(begins - headers[-1] - HEADER)
        headers.append(begins + len(frame) - HEADER)
    return headers[:-1], skips
