"""A manifest -> a folder of shards, by processes on this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from ...data.error_log import ErrorLog
from ...data.manifest import Entry, Manifest
from ...data.sources.check import check_class_numbers
from ...data.sources.read import read_source
from ...data.workers.pool import map_in_processes
from ...data.workers.worker import Failure
from ...utils.checks import PathLike, a_seed, one_of, positive_int
from ...utils.progress import progress_bar
from ...utils.remote_files import ensure_file_system, is_address, system_errors
from .encoding import ENCODING_TIME_LIMIT, Encoded, EncodingTask, ShardOptions, encode_task
from .index import (
    FILE,
    Shard,
    ShardSet,
    joined,
    read_set,
    shard_differences,
    shard_names,
    temporary,
    write_set,
)
from .remote_encoding import encode_remote_task
from .sequence_example import serialized_clip
from .verify import check_shard_file

_CLIPS_A_SHARD = 64
_MOST_SHARDS = 1024
_CLIPS_AHEAD = 64  # held at most while one video takes long, some megabytes each


def write_shards(
    source: Any,
    folder: PathLike,
    *,
    shards: int | None = None,
    short_side: int | None = 256,
    quality: int = 95,
    frame_step: int = 1,
    seed: int = 0,
    num_processes: int | None = None,
    error_log: PathLike | None = None,
    on_error: Literal["raise", "skip"] = "raise",
    time_limit: float = ENCODING_TIME_LIMIT,
    progress: bool = False,
) -> ShardSet:
    """Writes the videos of a manifest as JPEG frames in TFRecord files, for `shard_clips` to read.

    A shard gets its name once it is complete and was read back; `shards.json` then lists it. So a
    run that was killed is gone on with by calling this again; and shards that were deleted
    or cut off are written again.

    Args:
        source: The videos, with their labels: whatever `read_source` reads.
        folder: Where to: any address that `tf.io.gfile` writes to.
        shards: How many; by default one for 64 clips, 1024 at most.
        short_side: Scale frames until their shorter side is this; `None` leaves them as they are.
        quality: Of the JPEG files, 1 to 100.
        frame_step: Keep one frame out of so many.
        seed: Of the order of the clips.
        num_processes: How many processes; one a core by default.
        error_log: A file of JSON lines, one for each video that cannot be read.
        on_error: `"raise"` stops at the first of them; `"skip"` leaves them out.
        time_limit: Seconds that one video may take.
        progress: Show on standard error how far it has got.

    Returns:
        What `shards.json` says.

    Raises:
        ValueError: A video cannot be read, or has not the label that it needs; or the folder was
            begun with other arguments.

    Example:
        write_shards(manifest, "shards/train", on_error="skip", error_log="bad.jsonl")
    """
    one_of("on_error", on_error, ("raise", "skip"))
    source = read_source(source)
    ensure_file_system(folder)
    options = ShardOptions(short_side, quality, frame_step)
    state = begun(folder, new_set(source, shards, options, a_seed(seed)))
    tasks = ordered_tasks(source, state, state.missing)
    sizes = Counter(number for number, *_ in tasks)
    paths = [joined(folder, file) for file in shard_names(len(state.shards))]
    remote = any(is_address(entry.path) for _, _, entry in tasks)
    encode = encode_remote_task if remote else encode_task
    make = partial(encode, options=options, class_names=source.class_names)
    pool = map_in_processes(
        tasks, make, num_processes=num_processes, time_limit=time_limit, ahead=_CLIPS_AHEAD
    )
    with closing(pool) as made, progress_bar(len(tasks), shown=progress) as bar:
        account = _Account(ErrorLog(error_log), on_error, bar)
        for number, clips in _shards(account.kept(made), paths):
            state = state.with_shard(number, finished(paths[number], clips, sizes[number]))
            write_set(folder, state)
    return state


def finished(path: str, clips: int, wanted: int) -> Shard:
    """Reads a shard back and gives it its name."""
    name, part = path.rsplit("/", 1)[-1], temporary(path)
    shard = check_shard_file(part, clips, name=name, left_out=wanted - clips)
    tf.io.gfile.rename(part, path, overwrite=True)
    return shard


def ordered_tasks(source: Manifest, plan: ShardSet, numbers: Iterable[int]) -> list[EncodingTask]:
    """What goes into the shards of these numbers, and where in them."""
    order = np.random.default_rng(plan.seed).permutation(len(source))
    parts = [(number, order[number :: len(plan.shards)]) for number in numbers]
    return [
        (number, place, source.entries[index])
        for number, part in parts
        for place, index in enumerate(part)
    ]


def new_set(source: Manifest, shards: int | None, options: ShardOptions, seed: int) -> ShardSet:
    """The set that these arguments make, nothing of it being written yet.

    Raises:
        ValueError: There are no entries, or fewer than shards; or not all are labeled as they
            must be.
    """
    if not len(source):
        raise ValueError("`source` must have at least one entry. Received: an empty manifest")
    count = min(-(-len(source) // _CLIPS_A_SHARD), _MOST_SHARDS) if shards is None else shards
    if positive_int("shards", count) > len(source):
        raise ValueError(
            f"`shards` must be at most the {len(source)} entries. Received: shards={shards!r}"
        )
    splits = {entry.split for entry in source}
    if len(splits) > 1:
        raise ValueError(
            "`source` must have one split, as shards have none. Write each split to a folder of "
            f"its own: `source.split(name)`. Received: {', '.join(sorted(map(repr, splits)))}"
        )
    check_class_numbers(source)
    names = source.class_names if source.labeled else ()
    return ShardSet(names, source.multi_label, options, seed, source.digest, (None,) * count)


def begun(folder: PathLike, plan: ShardSet) -> ShardSet:
    """The plan, or how far an earlier run of the same plan has got."""
    path = joined(folder, FILE)
    with system_errors(folder):
        tf.io.gfile.makedirs(str(folder))
        for partial in tf.io.gfile.glob(joined(folder, f".{FILE}.*.part")):  # of a killed process
            tf.io.gfile.remove(partial)
    try:
        there = read_set(folder)
    except FileNotFoundError:
        write_set(folder, plan)
        return plan
    found = shard_differences(there, plan)
    if found:
        raise ValueError(
            f"{path!r} was begun with other arguments; go on with the same ones, "
            "or write to another folder.\n  " + "\n  ".join(found)
        )
    return replace(there, shards=tuple(_if_whole(folder, shard) for shard in there.shards))


def _if_whole(folder: PathLike, shard: Shard | None) -> Shard | None:
    """A shard that is listed, unless its file is gone or cut off."""
    path = joined(folder, shard.file) if shard else ""
    whole = shard and tf.io.gfile.exists(path) and tf.io.gfile.stat(path).length == shard.bytes
    return shard if whole else None


def _shards(made: Iterable[tuple[EncodingTask, bytes | None]], paths) -> Iterator[tuple[int, int]]:
    """Writes the clips as they come, and gives each complete shard with how many clips it holds."""
    for number, together in groupby(made, key=lambda pair: pair[0][0]):
        clips = 0
        with tf.io.TFRecordWriter(temporary(paths[number])) as writer:
            for _, clip in together:
                if clip is not None:
                    writer.write(clip)
                    clips += 1
        yield number, clips


def _record(result: Encoded | Failure) -> bytes | Failure:
    """The clip as it is written, if its numbers fit a record."""
    if isinstance(result, Failure):
        return result
    try:
        return serialized_clip(result)
    except (ValueError, TypeError) as error:
        return Failure("error", f"a record cannot hold it: {str(error)[:99]}")


class _Account:
    """What became of each video: kept, left out and recorded, or the end of it all."""

    def __init__(self, error_log: ErrorLog, on_error: str, bar: tqdm):
        self._bar, self._error_log, self._on_error = bar, error_log, on_error

    def kept(self, made) -> Iterator[tuple[EncodingTask, bytes | None]]:
        for task, result in made:
            record = _record(result)
            if isinstance(record, Failure):
                self._failed(task[2], record)
            self._bar.update()
            yield task, None if isinstance(record, Failure) else record

    def _failed(self, entry: Entry, failure: Failure) -> None:
        self._error_log.record(entry.path, failure.cause, self._on_error)
        if self._on_error == "raise":
            raise ValueError(
                f"Cannot write {entry.path!r} into a shard: {failure.cause}. Repair it, leave it "
                "out of the manifest, or pass `on_error='skip'` (`--on-error skip`) "
                "to leave out all such."
            )
