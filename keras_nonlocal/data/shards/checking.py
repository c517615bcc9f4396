"""A written shard -> its index, what `shards.json` says of it, and proof that it can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import tensorflow as tf

from ..file_systems import PathLike
from .reading import read_frames_at
from .record_index import index_shard, serialized
from .shard_set import Shard, joined, read_set

_CHUNK = 1 << 23


def check_shard(
    path: str, places: Sequence[int] | None = None, *, name: str, left_out: int = 0
) -> Shard:
    """Reads a shard from end to end and writes the index beside it.

    Checksums are compared, records parsed, and the first and the last frame of each clip decoded,
    all frames being read as `shard_clips` reads them.

    Args:
        path: The shard, under its final or its temporary name.
        places: Of its clips in the order they are to be read in; by default that of the file.
        name: Its final name; the index is named after it.
        left_out: What `shards.json` shall say of entries that are not in it.

    Raises:
        ValueError: It cannot be read, or holds another number of clips.
    """
    try:
        clips = [_checked(path, *pair) for pair in index_shard(path)]
    except tf.errors.OpError as error:
        raise ValueError(
            f"The shard {path!r} cannot be read back: {error.message}. Is the disk full or faulty?"
        ) from error
    clips = _placed(clips, places, path)
    _write_index(path, name, clips)
    frames = tuple(len(clip["times"]) for clip in clips)
    return Shard(name, frames, tf.io.gfile.stat(path).length, _sha256(path), left_out)


def check_shards(folder: PathLike) -> int:
    """Compares all shards of a folder with the digests in its `shards.json`.

    Returns:
        How many clips they hold.

    Raises:
        ValueError: A shard has changed since it was written; all that have are named.
    """
    shards = read_set(folder).complete()
    changed = [
        shard.file
        for shard in shards.shards
        if shard and _sha256(joined(folder, shard.file)) != shard.sha256
    ]
    if changed:
        raise ValueError(
            f"Shards of {folder!r} are not as they were written: {', '.join(changed)}. Delete "
            "them and `shards.json`, and write them again, or copy them again from where they came."
        )
    return shards.clips


def _checked(path: str, clip: dict, frames: list[bytes]) -> dict:
    last = len(frames) - 1
    shape = (*clip["size"], 3)
    ends = tf.constant([0, last], tf.int64)
    read = read_frames_at(path, clip["bytes"][0], clip["offsets"], clip["lengths"], ends)
    for number, frame in zip((0, last), read, strict=True):
        if frames[number] != frame.numpy() or tf.io.decode_jpeg(frame).shape != shape:
            raise ValueError(f"Frame {number} of a clip in {path!r} cannot be read back.")
    return clip


def _placed(clips: list[dict], places, path: str) -> list[dict]:
    if places is None:
        return clips
    if len(places) != len(clips):
        raise ValueError(
            f"The shard {path!r} must hold {len(places)} clips; it holds {len(clips)}."
        )
    numbered = [{**clip, "number": [place]} for clip, place in zip(clips, places, strict=True)]
    return sorted(numbered, key=lambda clip: clip["number"])


def _write_index(path: str, name: str, described: list[dict]) -> None:
    target = f"{path.removesuffix('.part').rsplit('/', 1)[0]}/{name}.index"
    with tf.io.TFRecordWriter(f"{target}.part") as writer:
        for clip in described:
            writer.write(serialized(clip))
    tf.io.gfile.rename(f"{target}.part", target, overwrite=True)


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with tf.io.gfile.GFile(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
