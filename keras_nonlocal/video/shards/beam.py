"""A manifest -> the same folder of shards, by Apache Beam on as many machines as it has."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import tensorflow as tf

from ...data.manifest import Manifest
from ...data.sources.read import read_source
from ...utils.checks import PathLike, any_int
from ...utils.remote_files import check_writable, read_text, write_whole
from ..decoding.container import VideoError
from .encoding import EncodingTask, ShardOptions
from .index import Shard, ShardSet, joined, read_set, shard_names, temporary, write_set
from .sequence_example import clip_example
from .writing import begun, finished, new_set, ordered_tasks


def beam_shards(
    source: Any,
    folder: PathLike,
    *,
    shards: int | None = None,
    short_side: int | None = 256,
    quality: int = 95,
    frame_step: int = 1,
    seed: int = 0,
    error_log: PathLike | None = None,
    pipeline_options: Any = None,
) -> ShardSet:
    """Does what `write_shards` does by an Apache Beam pipeline; one worker writes a shard.

    Videos that cannot be read are left out, and recorded in `error_log`. What a pipeline made
    counts once all of it has ended: one that was stopped is begun anew.

    Args:
        source: The videos, whatever `read_source` reads; workers have to reach their paths, such
            as `gs://...`.
        folder: Where to; workers have to reach it.
        shards, short_side, quality, frame_step, seed: As for `write_shards`.
        error_log: A file of JSON lines, which may be an address; lines in it stay.
        pipeline_options: Of `beam.Pipeline`, such as the runner; by default on this machine.

    Returns:
        What `shards.json` says.

    Raises:
        ImportError: Apache Beam is not installed.
        ValueError: A label is missing, or the folder was begun with other arguments.
        OSError: `error_log` cannot be written.

    Example:
        beam_shards(manifest, "gs://bucket/train", error_log="gs://bucket/bad.jsonl")
    """
    beam, source = _beam(), read_source(source)
    options = ShardOptions(short_side, quality, frame_step)
    if error_log is not None:
        check_writable(error_log)
    plan = begun(folder, new_set(source, shards, options, any_int("seed", seed)))
    with beam.Pipeline(options=pipeline_options) as pipeline:
        add_shards(pipeline, source, folder, plan, error_log=error_log)
    return read_set(folder).complete()


def add_shards(
    pipeline: Any,
    source: Manifest,
    folder: PathLike,
    plan: ShardSet,
    *,
    error_log: PathLike | None = None,
) -> Any:
    """Adds to a pipeline what writes shards.

    Args:
        pipeline: Of Apache Beam.
        source, folder, error_log: As for `beam_shards`.
        plan: From `new_set`, or what is there of it; shards that it lists stay.

    Returns:
        A collection of the one `ShardSet` that was written.
    """
    beam = _beam()
    tasks = ordered_tasks(source, plan, plan.missing)
    paths = [joined(folder, file) for file in shard_names(len(plan.shards))]
    made = (
        pipeline
        | "Videos" >> beam.Create(tasks)
        | "Spread" >> beam.Reshuffle()
        | "Encode" >> beam.Map(_made, plan.options, source.class_names)
    )
    written = (
        made
        | "Examples" >> beam.Map(lambda result: (result[0][0], (result[0][1], result[1])))
        | "Shards" >> beam.GroupByKey()
        | "Write" >> beam.Map(_written, paths)
    )
    failed = made | "Bad" >> beam.Filter(lambda result: result[1] is None) | beam.Map(_line)
    return (
        pipeline
        | "Once" >> beam.Create([plan])
        | "Finish"
        >> beam.Map(
            _finished, beam.pvalue.AsList(written), beam.pvalue.AsList(failed), folder, error_log
        )
    )


def _beam():
    try:
        return importlib.import_module("apache_beam")
    except ImportError as error:
        raise ImportError(
            "Writing shards on several machines needs Apache Beam: "
            '`pip install "keras_nonlocal[beam]"`. `write_shards` does the same on this machine.'
        ) from error


def _made(
    task: EncodingTask, options: ShardOptions, class_names
) -> tuple[EncodingTask, bytes | None, str]:
    """A task, and its example or why there is none."""
    try:
        return task, clip_example(task[2], options, class_names), ""
    except VideoError as error:
        return task, None, error.cause
    except (OSError, ValueError, tf.errors.OpError) as error:
        return task, None, str(error)


def _written(
    of_shard: tuple[int, Iterable[tuple[int, bytes | None]]], paths: list[str]
) -> tuple[int, Shard]:
    number, examples = of_shard
    path, clips, wanted = paths[number], 0, 0
    with tf.io.TFRecordWriter(temporary(path)) as writer:
        for _, example in sorted(examples, key=itemgetter(0)):
            wanted += 1
            if example is not None:
                writer.write(example)
                clips += 1
    return number, finished(path, clips, wanted)


def _line(result: tuple[EncodingTask, None, str]) -> str:
    task, _, cause = result
    return json.dumps({"path": task[2].path, "cause": cause, "bytes": None, "policy": "skip"})


def _finished(plan: ShardSet, written: list, failed: list[str], folder, error_log) -> ShardSet:
    for number, shard in written:
        plan = plan.with_shard(number, shard)
    if error_log is not None:
        before = (
            read_text(str(error_log)).splitlines() if tf.io.gfile.exists(str(error_log)) else []
        )
        lines = dict.fromkeys([*before, *sorted(failed)])
        write_whole(str(error_log), "".join(f"{line}\n" for line in lines).encode())
    write_set(folder, plan)
    return plan
