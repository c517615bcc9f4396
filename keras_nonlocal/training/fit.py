"""A task -> a trained network, in a folder from which it can be resumed.

The loop, in the order in which things happen:

    for each epoch that is left:
        for each step:  step, stop at a loss that is no number, checkpoint every so many steps
        evaluate, call the user's callbacks, record a row, checkpoint, log

Keras's own `fit` runs it, and over several devices `distributed.fit`; the parts are callbacks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from ..utils.checks import positive_int
from . import distributed
from .callbacks import (
    Checkpoint,
    EpochPart,
    FiniteLoss,
    History,
    MetricsLog,
    PreciseNorm,
    tensorboard_log,
)
from .checkpoint import restore_checkpoint
from .distributed.strategies import check_batch, is_chief, strategy_for
from .finish import explained, finish, is_finished
from .optimizers.factory import optimizer
from .optimizers.rescale_momentum import RescaleMomentum
from .optimizers.schedules import learning_rate
from .run_folder import CHECKPOINT, Run, begin, check_folder
from .task import Models, Task
from .timetable import Timetable

Callbacks = Sequence[keras.callbacks.Callback]


class Loop(NamedTuple):
    """The callbacks of a run, in the order in which one process runs them."""

    step: Callbacks
    evaluate: Callbacks
    user: Callbacks  # may watch what the evaluation adds to the logs
    write: Callbacks


def fit(
    task: Task,
    folder: str | os.PathLike[str] | None = None,
    *,
    strategy: str | tf.distribute.Strategy = "one",
    checkpoint_every: int | None = None,
    deterministic: bool = False,
    tensorboard: bool = False,
    callbacks: Callbacks = (),
    report: bool = True,
    verbose: str | int = "auto",
) -> Run:
    """Trains what a task says; the same call resumes a run that was stopped.

    Seeds of Python, NumPy and Keras are set to the recipe's. Batch number `n` depends on the task
    and `n` alone, and a checkpoint holds weights, optimizer, seeds and `n`: so what comes out does
    not depend on where a run was stopped. (Under the PyTorch backend dropout does: Keras draws it
    from PyTorch's own generator, which the checkpoint does not hold.)

    Args:
        task: What is learned, from which data.
        folder: Where to write recipe, metrics, checkpoints, weights and a report; nowhere if
            `None`.
        strategy: `"one"` device, `"mirrored"` over those of this machine, or `"multiworker"`; or
            what `strategy_for` gave: that of several workers has to be made before any tensor or
            layer, and so before a recipe.
        checkpoint_every: Steps between checkpoints within an epoch; there is one after each.
        deterministic: Whether TensorFlow has to use kernels that give the same bits each time.
        tensorboard: Whether to write logs for TensorBoard (extra `tensorboard`).
        callbacks: Further ones of Keras, such as `EarlyStopping("val_top1", mode="max")`. Each of
            several workers runs them, before the chief tests. A run that one of them ended is
            resumed when called again.
        report: Whether to write `report.html` at the end.
        verbose: As in `keras.Model.fit`.

    Returns:
        The run: its inference network and its history.

    Raises:
        ValueError: Recipe, data and folder do not go together.
        TrainingStopped: An input file vanished, the disk was full, or the loss was no number any
            more.

    Example:
        task = VideoClassification(read_recipe("recipe.json"), "actions")
        run = fit(task, "runs/actions")
        run.model.save_weights("actions.weights.h5")
    """
    if checkpoint_every is not None:
        positive_int("checkpoint_every", checkpoint_every)
    recipe, data = task.recipe, task.data
    strategy = strategy_for(strategy) if isinstance(strategy, str) else strategy
    check_batch(strategy, recipe.batch_size)
    place = None if folder is None else Path(folder)
    written = place if is_chief(strategy) else None
    if written:
        check_folder(written, recipe, data)
    _set_seeds(recipe.seed, deterministic)
    timetable = Timetable.of(recipe, data.examples)
    with strategy.scope():
        models = task.build(read_weights=not _is_begun(place))
        compile_trainer(task, models.trainer, timetable.steps_per_epoch)
        notes = _restored(place, models.trainer)
    rate = learning_rate(recipe, timetable.steps_per_epoch)
    validation = task.validation(models.inference)
    part = EpochPart(**notes.get("part", {}))
    history = History(notes["history"], step=notes["step"], part=part, rate=rate)
    loop = Loop(
        step=[FiniteLoss(), *_between_steps(task, rate)],
        evaluate=[validation] if validation else [],
        user=callbacks,
        write=[*([tensorboard_log(place)] if tensorboard else []), history],
    )
    checkpoint = None
    if written:
        checkpoint = Checkpoint(
            written,
            history,
            models.inference,
            every=checkpoint_every,
            monitor=validation.monitor if validation else None,
        )
        loop = loop._replace(write=[*loop.write, checkpoint, MetricsLog(written, history)])
        begin(written, recipe, data)
    with explained(history, checkpoint, written):
        trained = _run(task, models, timetable, notes["step"], strategy, loop, verbose)
        run = Run(models.inference, recipe, data.class_names, history.rows)
        if written and (trained or not is_finished(written, report=report)):
            scores = validation and validation.scores
            finish(run, written, task, scores, report=report)
    return run


def compile_trainer(task: Task, trainer: keras.Model, steps_per_epoch: int) -> None:
    """Compiles a task's trainer with its loss, its metrics and the optimizer of its recipe."""
    trainer.compile(
        optimizer=optimizer(task.recipe, steps_per_epoch, trainer),
        loss=task.loss(),
        metrics=task.metrics(),
    )
    trainer.optimizer.build(trainer.trainable_variables)  # on every worker alike


def _between_steps(task: Task, rate) -> list[keras.callbacks.Callback]:
    """What the recipe does between steps and epochs."""
    callbacks: list[keras.callbacks.Callback] = []
    if task.recipe.rescale_momentum:
        callbacks.append(RescaleMomentum(rate))
    if task.recipe.precise_norm_batches:
        callbacks.append(PreciseNorm(task.batches, task.recipe.precise_norm_batches))
    return callbacks


def _run(task: Task, models: Models, timetable, done, strategy, loop: Loop, verbose) -> bool:
    """Trains what is left after so many steps; whether there was anything."""
    spans = timetable.spans(done)
    for span in spans:
        options = {**span._asdict(), "verbose": verbose}
        if strategy.num_replicas_in_sync > 1:  # the chief alone evaluates and writes
            distributed.fit(
                models.trainer,
                partial(_part_from, task, done),
                strategy=strategy,
                callbacks=[*loop.step, *loop.user],
                writers=[*loop.evaluate, *loop.write],
                **options,
            )
        else:
            batches, callbacks = task.batches(first=done), list(chain.from_iterable(loop))
            models.trainer.fit(batches, shuffle=False, callbacks=callbacks, **options)
        if models.trainer.stop_training:
            break
        done += span.steps
    return bool(spans)


def _part_from(task: Task, first: int, part: tuple[int, int]):
    return task.batches(first=first, part=part)


def _set_seeds(seed: int, deterministic: bool) -> None:
    keras.utils.set_random_seed(seed)
    if deterministic and keras.backend.backend() == "tensorflow":
        tf.config.experimental.enable_op_determinism()


def _is_begun(folder: Path | None) -> bool:
    """Whether there is a checkpoint to resume from; nothing else is needed to start with then."""
    return folder is not None and (folder / CHECKPOINT).exists()


def _restored(folder: Path | None, trainer: keras.Model) -> dict[str, Any]:
    """The notes of the last checkpoint, after the network was set to it."""
    if folder is None or not _is_begun(folder):
        return {"step": 0, "history": []}
    return restore_checkpoint(folder / CHECKPOINT, trainer)
