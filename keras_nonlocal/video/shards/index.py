"""`shards.json`: what a folder of shards holds, how it was made, and how far it has got."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import tensorflow as tf

from ...utils.checks import PathLike
from ...utils.remote_files import ensure_file_system, write_whole
from ...utils.schema import parse
from .encoding import ShardOptions

FILE = "shards.json"


@dataclass(frozen=True)
class Shard:
    """One finished shard.

    Attributes:
        file: Its name.
        frames: How many frames each of its clips has, in order.
        sizes: How many bytes the record of each of them takes, so that one can be read alone.
        bytes: Size of the file.
        sha256: Of the file.
        left_out: How many entries could not be read.
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
        class_names: By class number.
        multi_label: Whether a video may show several classes at once.
        options: How frames are stored.
        seed: Of the order of the entries.
        source: Digest of the entries that were given.
        shards: In order; `None` where one is still to be written.
    """

    class_names: tuple[str, ...]
    multi_label: bool
    options: ShardOptions
    seed: int
    source: str
    shards: tuple[Shard | None, ...]

    @property
    def clips(self) -> int:
        """How many there are, in the shards that are finished."""
        return sum(len(shard.frames) for shard in self.shards if shard)

    @property
    def missing(self) -> list[int]:
        """The numbers of shards that are still to be written."""
        return [number for number, shard in enumerate(self.shards) if shard is None]

    def with_shard(self, number: int, shard: Shard) -> ShardSet:
        """The set in which one more shard is finished."""
        shards = (*self.shards[:number], shard, *self.shards[number + 1 :])
        return replace(self, shards=shards)

    def complete(self) -> ShardSet:
        """The set itself.

        Raises:
            ValueError: A shard is still to be written, or all videos were left out.
        """
        if self.missing:
            raise ValueError(
                f"{len(self.missing)} of {len(self.shards)} shards are not written yet. Call "
                "`write_shards`, or `keras-nonlocal data shard`, again with the same arguments: it "
                "goes on."
            )
        if not self.clips:
            raise ValueError(
                "The shards hold no videos: none could be read when they were written. Repair what "
                "the error log lists, and write them anew."
            )
        return self


def read_set(folder: PathLike) -> ShardSet:
    """Reads the `shards.json` of a folder, which may be any address that `tf.io.gfile` opens.

    Raises:
        FileNotFoundError: There is none.
        ValueError: It does not say what it should.
    """
    path = joined(folder, FILE)
    ensure_file_system(path)
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            content = json.loads(file.read())
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(
            f"There is no {path!r}. `keras_nonlocal.video.write_shards` makes a folder with one."
        ) from error
    except ValueError as error:
        raise ValueError(f"{path!r} is not JSON: {error}") from error
    return parse(ShardSet, content, path)


def holds_shards(source: Any) -> bool:
    """Whether this is the path or address of a folder with a `shards.json`."""
    if not isinstance(source, str | os.PathLike) or not os.fspath(source):
        return False
    path = joined(source, FILE)
    ensure_file_system(path)
    return tf.io.gfile.exists(path)


def refuse_choices(**given: Any) -> None:
    """Shards were made of videos that could be read, with their classes: that is settled.

    Raises:
        ValueError: An argument is not `None`.
    """
    late = [f"{name}={value!r}" for name, value in given.items() if value is not None]
    if late:
        raise ValueError(
            "`source` is a folder of shards, in which splits, classes and what is labeled are "
            "settled: choose when they are written, or give the videos themselves. "
            f"Received: {', '.join(late)}"
        )


def write_set(folder: PathLike, shards: ShardSet) -> None:
    """Writes `shards.json`, at once or not at all."""
    path = joined(folder, FILE)
    write_whole(path, json.dumps(asdict(shards), indent=1).encode())


def temporary(path: str) -> str:
    """What a file is called until it is complete: the same in each process, so none is left."""
    return f"{path}.part"


def joined(folder: PathLike, name: str) -> str:
    """The path of a file in a folder, be it an address."""
    if not os.fspath(folder):
        raise ValueError("The folder of shards must have a name. Received: ''")
    return f"{os.fspath(folder).rstrip('/')}/{name}"


def shard_names(count: int) -> list[str]:
    """Names of the files of a set.

    >>> shard_names(2)
    ['clips-00000-of-00002.tfrecord', 'clips-00001-of-00002.tfrecord']
    """
    return [f"clips-{number:05d}-of-{count:05d}.tfrecord" for number in range(count)]


def shard_differences(old: ShardSet, new: ShardSet) -> Sequence[str]:
    """What differs between how a folder was begun and how it is to be gone on with."""
    before, after = (_said(shards) for shards in (old, new))
    return [
        f"{key}: {before[key]!r} before, {after[key]!r} now"
        for key in before
        if before[key] != after[key]
    ]


def _said(shards: ShardSet) -> dict:
    options = asdict(shards.options)
    others = {key: getattr(shards, key) for key in ("multi_label", "class_names", "seed", "source")}
    return {**options, **others, "shards": len(shards.shards)}
