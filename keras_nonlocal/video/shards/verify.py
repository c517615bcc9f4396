"""Checks that written shards can be read and have not changed."""

from __future__ import annotations

import os

import tensorflow as tf

from ...utils.checks import PathLike
from ...utils.hashing import digests
from .index import Shard, joined, read_set
from .record_offsets import AROUND
from .sequence_example import FRAMES_KEY


def check_shard_file(path: str, clips: int, *, name: str, left_out: int = 0) -> Shard:
    """Reads a whole shard, and returns its row of `shards.json`.

    Compares checksums, parses all records, and decodes the first and last frame of each clip.

    Args:
        path: The shard, with its final or its temporary name.
        clips: The expected number of clips.
        name: Its final name.
        left_out: Number of entries that could not be read.

    Raises:
        ValueError: The shard cannot be read, or has another number of clips.
    """
    frames, sizes = [], []
    try:
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            frames.append(_checked(record))
            sizes.append(len(record) + AROUND)
    except (tf.errors.OpError, ValueError) as error:
        raise ValueError(
            f"The shard {path!r} cannot be read back: {error}. Is the disk full or faulty, or does "
            "another process write there?"
        ) from error
    if len(frames) != clips:
        raise ValueError(f"The shard {path!r} must have {clips} clips. Received: {len(frames)}")
    size = tf.io.gfile.stat(path).length
    return Shard(name, tuple(frames), tuple(sizes), size, _sha256(path), left_out)


def check_shards(folder: PathLike) -> int:
    """Compares all shards of a folder with the SHA-256 in its `shards.json`.

    Args:
        folder: A folder that `write_shards` has written; a path or an address.

    Returns:
        The number of clips in the shards.

    Raises:
        FileNotFoundError: There is no `shards.json`.
        ValueError: Shards are missing or have changed since they were written; all are named.

    Example:

        num_clips = check_shards("shards/train")
    """
    shards = read_set(folder).complete()
    changed = [
        shard.file
        for shard in shards.shards
        if shard and not _is_as_written(joined(folder, shard.file), shard.sha256)
    ]
    if changed:
        raise ValueError(
            f"Shards of {os.fspath(folder)!r} are changed or gone: "
            f"{', '.join(changed)}. Copy them again from their source; or delete these files and "
            "call `write_shards` again with the same arguments, which writes missing shards."
        )
    return shards.clips


def _is_as_written(path: str, sha256: str) -> bool:
    return tf.io.gfile.exists(path) and _sha256(path) == sha256


def _checked(record: bytes) -> int:
    """Counts the frames of a record, and checks the size of the first and the last one."""
    example = tf.train.SequenceExample.FromString(record)
    features = example.feature_lists.feature_list[FRAMES_KEY].feature
    context = example.context.feature
    height, width = (context[f"image/{side}"].int64_list.value[0] for side in ("height", "width"))
    for feature in (features[0], features[-1]):
        if tf.io.decode_jpeg(feature.bytes_list.value[0]).shape != (height, width, 3):
            raise ValueError(f"a frame does not have {height} x {width} pixels")
    return len(features)


def _sha256(path: str) -> str:
    with tf.io.gfile.GFile(path, "rb") as file:
        return digests(file, ["sha256"])["sha256"]
