"""A written shard -> what `shards.json` says of it, and proof that it can be read."""

from __future__ import annotations

import os

import tensorflow as tf

from ...utils.checks import PathLike
from ...utils.hashing import digests
from .index import Shard, joined, read_set
from .record_offsets import AROUND
from .sequence_example import FRAMES_KEY


def check_shard_file(path: str, clips: int, *, name: str, left_out: int = 0) -> Shard:
    """Reads a shard from end to end.

    Checksums are compared, records parsed, and the first and the last frame of each clip decoded.

    Args:
        path: The shard, under its final or its temporary name.
        clips: How many it must hold.
        name: Its final name.
        left_out: What `shards.json` shall say of entries that are not in it.

    Raises:
        ValueError: It cannot be read, or holds another number of clips.
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
        raise ValueError(f"The shard {path!r} must hold {clips} clips; it holds {len(frames)}.")
    size = tf.io.gfile.stat(path).length
    return Shard(name, tuple(frames), tuple(sizes), size, _sha256(path), left_out)


def check_shards(folder: PathLike) -> int:
    """Compares all shards of a folder with the digests in its `shards.json`.

    Returns:
        How many clips they hold.

    Raises:
        ValueError: A shard has changed since it was written, or is gone; all that have are named.
    """
    shards = read_set(folder).complete()
    changed = [
        shard.file
        for shard in shards.shards
        if shard and not _is_as_written(joined(folder, shard.file), shard.sha256)
    ]
    if changed:
        raise ValueError(
            f"Shards of {os.fspath(folder)!r} are not as they were written, or gone: "
            f"{', '.join(changed)}. Copy them again from where they came; or delete these files "
            "and call `write_shards` again with the same arguments, which writes what is missing."
        )
    return shards.clips


def _is_as_written(path: str, sha256: str) -> bool:
    return tf.io.gfile.exists(path) and _sha256(path) == sha256


def _checked(record: bytes) -> int:
    """How many frames a record has, the first and the last of which decode to the same size."""
    example = tf.train.SequenceExample.FromString(record)
    features = example.feature_lists.feature_list[FRAMES_KEY].feature
    context = example.context.feature
    height, width = (context[f"image/{side}"].int64_list.value[0] for side in ("height", "width"))
    for feature in (features[0], features[-1]):
        if tf.io.decode_jpeg(feature.bytes_list.value[0]).shape != (height, width, 3):
            raise ValueError(f"a frame is not of {height} x {width} pixels")
    return len(features)


def _sha256(path: str) -> str:
    with tf.io.gfile.GFile(path, "rb") as file:
        return digests(file, ["sha256"])["sha256"]
