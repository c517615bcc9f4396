"""Videos as serialized `tf.train.SequenceExample`s of JPEG frames, for TFRecord files.

The features have the names of MediaPipe and the TensorFlow Model Garden.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ...data.manifest import Entry
from .encoding import Encoded, ShardOptions, Value
from .remote_encoding import encode_remote

FRAMES_KEY, TIMES_KEY = "image/encoded", "image/timestamp"


def clip_example(
    entry: Entry, options: ShardOptions | None = None, class_names: Sequence[str] = ()
) -> bytes:
    """Encodes a video, or the part of it that an entry names, as a serialized `SequenceExample`.

    Args:
        entry: The video; its path may be an address that `tf.io.gfile` opens.
        options: How to store it.
        class_names: Class names by class index, to store the names of its labels too.

    Returns:
        The serialized example, a record of a TFRecord file.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It cannot be read as a video, or has no frame between `start` and `end`.

    Example:

    >>> example = tf.train.SequenceExample.FromString(clip_example(Entry("jumping.mp4", (3,))))
    >>> example.context.feature["clip/label/index"].int64_list.value[0]
    3
    >>> len(example.feature_lists.feature_list["image/encoded"].feature)
    75
    """
    return serialized_clip(encode_remote(entry, options or ShardOptions(), class_names))


def serialized_clip(clip: Encoded) -> bytes:
    """Serializes an encoded video as a `SequenceExample` without empty features."""
    lists = {
        FRAMES_KEY: [_feature([frame]) for frame in clip.frames],
        TIMES_KEY: [_feature([time]) for time in clip.times],
    }
    return tf.train.SequenceExample(
        context=tf.train.Features(
            feature={key: _feature(values) for key, values in clip.context.items() if len(values)}
        ),
        feature_lists=tf.train.FeatureLists(
            feature_list={key: tf.train.FeatureList(feature=list_) for key, list_ in lists.items()}
        ),
    ).SerializeToString()


def _feature(values: Sequence[Value | bytes]) -> tf.train.Feature:
    if isinstance(values[0], int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if isinstance(values[0], float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    texts = [_bytes(value) if isinstance(value, str) else value for value in values]
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=texts))


def _bytes(text: str) -> bytes:
    """UTF-8, or the bytes on disk of a file name that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape")
