"""`shards.json`: the finished shards of a folder, and the options with which they are written."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import tensorflow as tf

from ...utils.checks import PathLike
from ...utils.remote_files import ensure_file_system, write_whole
from ...utils.schema import parse, parse_json
from .encoding import ShardOptions

FILE = "shards.json"


@dataclass(frozen=True)
class Shard:
    """One finished shard.

    Attributes:
        file: Name of the file.
        frames: Number of frames of each clip, in order.
        sizes: Bytes of the record of each clip, so that it can be read alone.
        bytes: Size of the file.
        sha256: SHA-256 of the file.
        left_out: Number of entries that could not be read.
    """

    file: str
    frames: tuple[int, ...]
    sizes: tuple[int, ...]
    bytes: int
    sha256: str
    left_out: int = 0

    def __post_init__(self):
        if len(self.sizes) != len(self.frames) or sum(self.sizes) != self.bytes:
            raise ValueError(
                f"The `sizes` of {self.file!r} must be one for each of its {len(self.frames)} "
                f"clips, {self.bytes} bytes in all. Received: {len(self.sizes)} sizes of "
                f"{sum(self.sizes)} bytes. Write the shards anew."
            )


@dataclass(frozen=True)
class ShardSet:
    """A folder of shards.

    Attributes:
        class_names: Class names by class index.
        multi_label: Whether a video may show several classes at once.
        options: How frames are stored.
        seed: The seed of the order of the entries.
        source: The digest of the manifest.
        shards: The shards in order; `None` for a shard that is not written yet.
    """

    class_names: tuple[str, ...]
    multi_label: bool
    options: ShardOptions
    seed: int
    source: str
    shards: tuple[Shard | None, ...]

    @property
    def clips(self) -> int:
        """The number of clips in the finished shards."""
        return sum(len(shard.frames) for shard in self.shards if shard)

    @property
    def missing(self) -> list[int]:
        """The indices of shards that are not written yet."""
        return [number for number, shard in enumerate(self.shards) if shard is None]

    def with_shard(self, number: int, shard: Shard) -> ShardSet:
        """Returns the set with one more finished shard."""
        shards = (*self.shards[:number], shard, *self.shards[number + 1 :])
        return replace(self, shards=shards)

    def complete(self) -> ShardSet:
        """Returns the set itself if it is complete.

        Raises:
            ValueError: A shard is not written yet, or no video could be read.
        """
        if self.missing:
            raise ValueError(
                f"{len(self.missing)} of {len(self.shards)} shards are not written yet. Call "
                "`write_shards` or `keras-nonlocal data shard` again with the same arguments to "
                "resume."
            )
        if not self.clips:
            raise ValueError(
                "The shards hold no videos: none could be read when they were written. Repair the "
                "files in the error log, and write the shards again."
            )
        return self


def read_set(folder: PathLike) -> ShardSet:
    """Reads the `shards.json` of a folder or address that `tf.io.gfile` opens.

    Raises:
        FileNotFoundError: There is no `shards.json`.
        ValueError: It is not valid.
    """
    path = joined(folder, FILE)
    ensure_file_system(path)
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            text = file.read()
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(
            f"There is no {path!r}. `keras_nonlocal.video.write_shards` makes a folder with one."
        ) from error
    return parse(ShardSet, parse_json(text, path), path)


def holds_shards(source: Any) -> bool:
    """Whether `source` is the path or address of a folder with a `shards.json`."""
    if not isinstance(source, str | os.PathLike) or not os.fspath(source):
        return False
    path = joined(source, FILE)
    ensure_file_system(path)
    return tf.io.gfile.exists(path)


def refuse_choices(**given: Any) -> None:
    """Raises if arguments are given that apply only when shards are written.

    Raises:
        ValueError: An argument is not `None`.
    """
    received = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if received:
        raise ValueError(
            "`source` is a folder of shards, whose splits, classes and labels are fixed: choose "
            "them when you write the shards, or give the videos themselves. "
            f"Received: {', '.join(received)}"
        )


def write_set(folder: PathLike, shards: ShardSet) -> None:
    """Writes `shards.json` completely or not at all."""
    path = joined(folder, FILE)
    write_whole(path, json.dumps(asdict(shards), indent=1).encode())


def temporary(path: str) -> str:
    """The name of a file until it is complete; each process uses the same, so none is left over."""
    return f"{path}.part"


def joined(folder: PathLike, name: str) -> str:
    """The path of a file in a folder, which may be an address."""
    if not os.fspath(folder):
        raise ValueError("The folder of shards must have a name. Received: ''")
    return f"{os.fspath(folder).rstrip('/')}/{name}"


def shard_names(count: int) -> list[str]:
    """The names of the shards of a set.

    >>> shard_names(2)
    ['clips-00000-of-00002.tfrecord', 'clips-00001-of-00002.tfrecord']
    """
    return [f"clips-{number:05d}-of-{count:05d}.tfrecord" for number in range(count)]


def shard_differences(old: ShardSet, new: ShardSet) -> Sequence[str]:
    """Lists the arguments that differ between a folder of shards and a new call."""
    before, after = (_arguments(shards) for shards in (old, new))
    return [
        f"{key}: {before[key]!r} before, {after[key]!r} now"
        for key in before
        if before[key] != after[key]
    ]


def _arguments(shards: ShardSet) -> dict:
    options = asdict(shards.options)
    others = {key: getattr(shards, key) for key in ("multi_label", "class_names", "seed", "source")}
    return {**options, **others, "shards": len(shards.shards)}
