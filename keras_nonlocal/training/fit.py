"""Recipe and videos -> trained network, in a folder that can be gone on from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from ..data import read_source
from ..data.pipeline import check_mixing
from ..validation import positive_int
from . import multi_worker
from .checkpoint import restore_checkpoint
from .clips import check_labels, training_clips
from .compiling import compile_by
from .journal import FiniteLoss, Journal, Part
from .network import build
from .outcome import explained, finish, is_finished
from .recipe import Recipe
from .run import CHECKPOINT, Run, begin, check_folder, open_source
from .schedules import learning_rate
from .strategies import check_batch, is_chief, strategy_for
from .timetable import Timetable
from .watching import callbacks_by, tensorboard_in, validation_by, watched


def train(
    recipe: Recipe,
    source: Any,
    folder: str | os.PathLike[str] | None = None,
    *,
    split: str | None = None,
    validation: Any = None,
    validation_split: str | None = None,
    strategy: str | tf.distribute.Strategy = "one",
    checkpoint_every: int | None = None,
    deterministic: bool = False,
    tensorboard: bool = False,
    service: str | None = None,
    workers: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    report: bool = True,
    verbose: str | int = "auto",
) -> Run:
    """Trains a video classifier by a recipe; the same call goes on with a run that was stopped.

    Seeds of Python, NumPy and Keras are set to the recipe's. Batch number `n` depends on the recipe
    and `n` alone, and a checkpoint holds weights, optimizer, seeds and `n`: so what comes out does
    not depend on where a run was stopped. (Under the PyTorch backend dropout does: Keras draws it
    from PyTorch's own generator, which the checkpoint does not hold.)

    Args:
        recipe: The network, its input, and how to train it.
        source: Videos and their classes, as `keras_nonlocal.data.read_source` reads them.
        folder: Where to write recipe, metrics, checkpoints, weights and a report; nowhere if
            `None`.
        split: Only the videos of this split of `source`.
        validation: Videos to test on after each epoch. The best weights are kept besides the last.
        validation_split: The split of `validation`, or of `source` if that is `None`.
        strategy: `"one"` device, `"mirrored"` over those of this machine, or `"multiworker"`; or
            what `strategy_for` gave: that of several workers has to be made before any tensor or
            layer, and so before a recipe.
        checkpoint_every: Steps between checkpoints within an epoch; there is one after each.
        deterministic: Whether TensorFlow has to use kernels that give the same bits each time.
        tensorboard: Whether to write logs for TensorBoard (extra `tensorboard`).
        service: Address of a `tf.data` service that reads shards.
        workers: How many videos are decoded at once.
        callbacks: Further ones of Keras, such as `EarlyStopping("val_video_top1", mode="max")`.
            Each of several workers runs them, before the chief tests. A run that one of them ended
            goes on when called again.
        report: Whether to write `report.html` at the end.
        verbose: As in `keras.Model.fit`.

    Returns:
        The run: its network, which gives probabilities of prepared clips, and its history.

    Raises:
        ValueError: Recipe, data and folder do not go together.
        TrainingStopped: A video vanished, the disk was full, or the loss was no number any more.

    Example:
        run = train(read_recipe("recipe.json"), "actions", "runs/actions")
        run.model.save_weights("actions.weights.h5")
    """
    if checkpoint_every is not None:
        positive_int("checkpoint_every", checkpoint_every)
    videos, data = open_source(source, split)
    check_labels(recipe, data)
    if validation is None and validation_split is not None:
        validation = source
    unseen = None
    if validation is not None:
        unseen = read_source(validation, split=validation_split, class_names=data.class_names)
        data = replace(data, validation=unseen.digest)
    spread = strategy_for(strategy) if isinstance(strategy, str) else strategy
    check_batch(spread, recipe.batch_size)
    check_mixing(recipe.layers(), len(data.class_names), recipe.batch_size, training=True)
    chief = is_chief(spread)
    kept = None if folder is None else Path(folder)
    if kept and chief:
        check_folder(kept, recipe, data)
    _sow(recipe.seed, deterministic)
    timetable = Timetable.of(recipe, data.clips)
    with spread.scope():
        network = build(recipe, len(data.class_names), read_weights=not _began(kept))
        compile_by(recipe, network.trainer, timetable.steps_per_epoch)
        notes = _restored(kept, network.trainer)
    inputs = {"service": service, "workers": workers, "check": False}
    stream = partial(training_clips, recipe, videos, **inputs)
    test = validation_by(recipe, network, unseen)
    journal = Journal(
        kept if chief else None,
        network.classifier,
        notes["history"],
        step=notes["step"],
        part=Part(**notes.get("part", {})),
        rate=learning_rate(recipe, timetable.steps_per_epoch),
        every=checkpoint_every,
        watched=watched(test) if test else None,
    )
    calls = Calls(
        [FiniteLoss(), *callbacks_by(recipe, stream, timetable.steps_per_epoch)],
        [test] if test else [],
        callbacks,
        [*tensorboard_in(kept, tensorboard), journal],
    )
    if kept and chief:
        begin(kept, recipe, data)
    with explained(journal):
        went_on = _go_on(network.trainer, stream, timetable, notes["step"], spread, calls, verbose)
        run = Run(network.classifier, recipe, data.class_names, journal.history)
        if kept and chief and (went_on or not is_finished(kept, report=report)):
            finish(run, kept, data, test, report=report)
    return run


class Calls(NamedTuple):
    """Callbacks, in the order in which one process runs them."""

    by_recipe: Sequence[keras.callbacks.Callback]
    tests: Sequence[keras.callbacks.Callback]
    given: Sequence[keras.callbacks.Callback]  # may watch what tests add
    writers: Sequence[keras.callbacks.Callback]


def _sow(seed: int, deterministic: bool) -> None:
    """Sets all seeds."""
    keras.utils.set_random_seed(seed)
    if deterministic and keras.backend.backend() == "tensorflow":
        tf.config.experimental.enable_op_determinism()


def _go_on(trainer, stream, timetable, done, spread, calls, verbose) -> bool:
    """Trains what is left after so many steps; whether there was any."""
    spans = timetable.spans(done)
    for span in spans:
        options = {**span._asdict(), "verbose": verbose}
        _fit(trainer, stream, done, spread, calls, options)
        if trainer.stop_training:
            break
        done += span.steps
    return bool(spans)


def _fit(trainer, stream, first, spread, calls: Calls, options) -> None:
    """Keras's own `fit`; over several devices ours, where the chief alone tests and writes."""
    if spread.num_replicas_in_sync > 1:
        clips_of = partial(_part_of, stream, first)
        callbacks = [*calls.by_recipe, *calls.given]
        options |= {"callbacks": callbacks, "writers": [*calls.tests, *calls.writers]}
        multi_worker.fit(trainer, clips_of, strategy=spread, **options)
    else:
        options["callbacks"] = list(chain.from_iterable(calls))
        trainer.fit(stream(first=first), shuffle=False, **options)


def _part_of(stream, first, part):
    return stream(first=first, part=part)


def _began(folder: Path | None) -> bool:
    """Whether there is a checkpoint to go on from; nothing else is needed to start with then."""
    return folder is not None and (folder / CHECKPOINT).exists()


def _restored(folder: Path | None, trainer: keras.Model) -> dict[str, Any]:
    """The notes of the last checkpoint, after the network was set to it."""
    if folder is None or not _began(folder):
        return {"step": 0, "history": []}
    return restore_checkpoint(folder / CHECKPOINT, trainer)
