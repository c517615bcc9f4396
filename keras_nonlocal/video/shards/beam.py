"""Writes shards with Apache Beam, on any number of machines."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import tensorflow as tf

from ...data.manifest import Manifest
from ...data.sources.read import read_source
from ...utils.checks import PathLike, a_seed
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
    """Writes shards as `write_shards` does, by an Apache Beam pipeline with one worker per shard.

    Videos that cannot be read are skipped, and recorded in `error_log`. Shards are listed in
    `shards.json` when the whole pipeline has finished; a pipeline that was stopped cannot resume.

    Args:
        source: The videos, in any format that `read_source` reads. Workers must be able to read
            their paths, such as `gs://...`.
        folder: The folder of the shards, which workers must be able to write.
        shards, short_side, quality, frame_step, seed: As in `write_shards`.
        error_log: A JSON lines file or address, to which failures are appended.
        pipeline_options: Options of `beam.Pipeline`, such as the runner; by default, the pipeline
            runs on this machine.

    Returns:
        A `ShardSet`, the contents of `shards.json`.

    Raises:
        ImportError: Apache Beam is not installed.
        ValueError: A label is missing, or the folder has shards that were written with other
            arguments.
        OSError: `error_log` cannot be written.

    Example:

        beam_shards(manifest, "gs://bucket/train", error_log="gs://bucket/bad.jsonl")
    """
    beam, source = _beam(), read_source(source)
    options = ShardOptions(short_side, quality, frame_step)
    if error_log is not None:
        check_writable(error_log)
    plan = begun(folder, new_set(source, shards, options, a_seed(seed)))
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
    """Adds the steps that write shards to a pipeline.

    Args:
        pipeline: A pipeline of Apache Beam.
        source, folder, error_log: As in `beam_shards`.
        plan: A set from `begun`; shards that are finished are not written again.

    Returns:
        A collection of one element, the `ShardSet`.
    """
    beam = _beam()
    tasks = ordered_tasks(source, plan, plan.missing)
    paths = [joined(folder, file) for file in shard_names(len(plan.shards))]
    examples = (
        pipeline
        | "Videos" >> beam.Create(tasks)
        | "Spread" >> beam.Reshuffle()
        | "Encode" >> beam.Map(_encoded, plan.options, source.class_names)
    )
    written = (
        examples
        | "Examples" >> beam.Map(lambda result: (result[0][0], (result[0][1], result[1])))
        | "Shards" >> beam.GroupByKey()
        | "Write" >> beam.Map(_written, paths)
    )
    failed = (
        examples | "Bad" >> beam.Filter(lambda result: result[1] is None) | beam.Map(_error_line)
    )
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
            '`pip install "keras_nonlocal[beam]"`. `write_shards` works without it on this machine.'
        ) from error


def _encoded(
    task: EncodingTask, options: ShardOptions, class_names
) -> tuple[EncodingTask, bytes | None, str]:
    """Encodes a video; the result is the task, its example or None, and the cause of a failure."""
    try:
        return task, clip_example(task[2], options, class_names), ""
    except VideoError as error:
        return task, None, error.cause
    except (OSError, ValueError, tf.errors.OpError) as error:
        return task, None, str(error)


def _written(
    shard: tuple[int, Iterable[tuple[int, bytes | None]]], paths: list[str]
) -> tuple[int, Shard]:
    number, examples = shard[0], sorted(shard[1], key=itemgetter(0))
    path, clips = paths[number], 0
    with tf.io.TFRecordWriter(temporary(path)) as writer:
        for _, example in examples:
            if example is not None:
                writer.write(example)
                clips += 1
    return number, finished(path, clips, len(examples))


def _error_line(result: tuple[EncodingTask, None, str]) -> str:
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
