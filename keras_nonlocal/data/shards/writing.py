"""A manifest -> a folder of shards, by processes on this machine."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Literal

import numpy as np
import tensorflow as tf

from ...validation import one_of, positive_int
from ..file_systems import PathLike, ensure_file_system
from ..ledger import Ledger
from ..manifest import Entry, Manifest
from ..workers import Failure, run
from .checking import check_shard
from .example import ShardOptions, Task, task_example
from .shard_set import (
    FILE,
    ShardSet,
    differences,
    joined,
    read_set,
    shard_names,
    temporary,
    write_set,
)

_CLIPS_A_SHARD = 64
_MOST_SHARDS = 1024


def write_shards(
    source: Manifest,
    folder: PathLike,
    *,
    name: str = "clips",
    shards: int | None = None,
    short_side: int | None = 256,
    quality: int = 95,
    every: int = 1,
    seed: int = 0,
    workers: int | None = None,
    ledger: PathLike | None = None,
    errors: Literal["raise", "skip"] = "raise",
    time_limit: float = 600.0,
    progress: bool = False,
) -> ShardSet:
    """Writes the videos of a manifest as JPEG frames in TFRecord files, for `shard_clips` to read.

    A shard gets its name once it is complete and was read back; `shards.json` then lists it. So a
    run that was killed is gone on with by calling this again.

    Args:
        source: The videos, with their labels.
        folder: Where to: any address that `tf.io.gfile` writes to.
        name: What the shards are called: `name-00003-of-00016.tfrecord`.
        shards: How many; by default one for 64 clips, 1024 at most.
        short_side: Scale frames until their shorter side is this; `None` leaves them as they are.
        quality: Of the JPEG files, 1 to 100.
        every: Keep one frame out of so many.
        seed: Of the order of the clips.
        workers: How many processes; one a core by default.
        ledger: A file of JSON lines, one for each video that cannot be read.
        errors: `"raise"` stops at the first of them; `"skip"` leaves them out.
        time_limit: Seconds that one video may take.
        progress: Show on standard error how far it has got.

    Returns:
        What `shards.json` says.

    Raises:
        ValueError: A video cannot be read; or the folder was begun with other arguments.

    Example:
        write_shards(manifest, "shards/train", errors="skip", ledger="bad.jsonl")
    """
    one_of("errors", errors, ("raise", "skip"))
    ensure_file_system(folder)
    options = ShardOptions(short_side, quality, every)
    plan = _plan(source, name, shards, options, seed)
    state = _begun(folder, plan)
    missing = [number for number, shard in enumerate(state.shards) if shard is None]
    order = np.random.default_rng(seed).permutation(len(source))
    parts = {number: order[number :: len(state.shards)] for number in missing}
    tasks = [(n, place, source.entries[i]) for n in missing for place, i in enumerate(parts[n])]
    names = shard_names(name, len(state.shards))
    make = partial(task_example, options=options, class_names=source.class_names)
    made = run(tasks, make, workers=workers, time_limit=time_limit)
    account = _Account(Ledger(ledger), errors, len(tasks), progress)
    for number, written in _shards(account.kept(made), folder, names, parts):
        path = joined(folder, names[number])
        left_out = len(parts[number]) - len(written)
        shard = check_shard(temporary(path), written, name=names[number], left_out=left_out)
        tf.io.gfile.rename(temporary(path), path, overwrite=True)
        state = state.with_shard(number, shard)
        write_set(folder, state)
    return state


def _plan(source: Manifest, name, shards, options, seed) -> ShardSet:
    if not len(source):
        raise ValueError("`source` must have at least one entry. Received: an empty manifest")
    count = min(-(-len(source) // _CLIPS_A_SHARD), _MOST_SHARDS) if shards is None else shards
    if positive_int("shards", count) > len(source):
        raise ValueError(
            f"`shards` must be at most the {len(source)} entries. Received: shards={shards!r}"
        )
    entries = json.dumps([name, *(asdict(entry) for entry in source)], sort_keys=True)
    digest = hashlib.sha256(entries.encode()).hexdigest()
    return ShardSet(
        source.class_names, source.multi_label, options, seed, digest, (None,) * count
    )


def _begun(folder: PathLike, plan: ShardSet) -> ShardSet:
    """The plan, or how far an earlier run of the same plan has got."""
    tf.io.gfile.makedirs(str(folder))
    try:
        begun = read_set(folder)
    except FileNotFoundError:
        write_set(folder, plan)
        return plan
    found = differences(begun, plan)
    if found:
        raise ValueError(
            f"{joined(folder, FILE)!r} was begun with other arguments; go on with the same ones, "
            "or write to another folder.\n  " + "\n  ".join(found)
        )
    return begun


def _shards(made: Iterable[tuple[Task, bytes | None]], folder, names, parts) -> Iterator:
    """Writes examples as they come; gives each shard that all have come for, with their places.

    The index puts them in order, so that no more than one has to be held here.
    """
    writers: dict[int, tf.io.TFRecordWriter] = {}
    waiting = {number: len(part) for number, part in parts.items()}
    written: dict[int, list[int]] = {number: [] for number in parts}
    for (number, place, _), example in made:
        if number not in writers:
            writers[number] = tf.io.TFRecordWriter(temporary(joined(folder, names[number])))
        if example is not None:
            writers[number].write(example)
            written[number].append(place)
        waiting[number] -= 1
        if not waiting[number]:
            writers.pop(number).close()
            yield number, written[number]


class _Account:
    """What became of each video: kept, left out and recorded, or the end of it all."""

    def __init__(self, ledger: Ledger, errors: str, total: int, progress: bool):
        self._ledger, self._errors = ledger, errors
        self._total, self._progress = total, progress

    def kept(self, made) -> Iterator[tuple[Task, bytes | None]]:
        for done, (task, result) in enumerate(made, 1):
            failed = isinstance(result, Failure)
            if failed:
                self._failed(task[2], result)
            self._show(done)
            yield task, None if failed else result

    def _failed(self, entry: Entry, failure: Failure) -> None:
        self._ledger.record(entry.path, failure.cause, self._errors)
        if self._errors == "raise":
            raise ValueError(
                f"Cannot write {entry.path!r} into a shard: {failure.cause}. Repair it, leave it "
                "out of the manifest, or pass `errors='skip'` (`--skip-bad`) to leave out all such."
            )

    def _show(self, done: int) -> None:
        if self._progress:
            end = "\n" if done == self._total else ""
            bad = f", {len(self._ledger)} left out" if len(self._ledger) else ""
            print(f"\r{done} of {self._total} videos{bad}", end=end, file=sys.stderr, flush=True)
