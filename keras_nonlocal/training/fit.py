"""A task -> a trained network, in a folder from which it can be resumed.

The loop, in the order in which things happen:

    for each epoch that is left:
        for each step:  step, stop at a loss that is no number, checkpoint every so many steps
        evaluate, call the user's callbacks, log, record a row, checkpoint

Keras's own `fit` runs it, and over several devices `distributed.fit`; the parts are callbacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import keras
import tensorflow as tf

from ..utils.checks import PathLike, positive_int
from . import distributed
from .callbacks import (
    FiniteLoss,
    MetricsLog,
    PreciseBatchNorm,
    RunCheckpoint,
    RunHistory,
    WholeEpochs,
    tensorboard_log,
)
from .distributed.strategies import check_batch, is_chief, strategy_for
from .finish import explained, finish, is_finished
from .optimizers.factory import optimizer
from .optimizers.rescale_momentum import RescaleMomentum
from .optimizers.schedules import learning_rate
from .run_folder import Run, RunFolder
from .task import Task
from .timetable import Timetable

Callbacks = Sequence[keras.callbacks.Callback]


class Loop(NamedTuple):
    """The callbacks of a run, in the order in which one process runs them."""

    step: Callbacks
    evaluate: Callbacks
    user: Callbacks  # may watch what the evaluation adds to the logs
    log: Callbacks
    record: Callbacks


def fit(
    task: Task,
    folder: PathLike | None = None,
    *,
    strategy: str | tf.distribute.Strategy = "one",
    checkpoint_every_n_steps: int | None = None,
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
        checkpoint_every_n_steps: Steps between checkpoints within an epoch; there is one after
            each.
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
    if checkpoint_every_n_steps is not None:
        positive_int("checkpoint_every_n_steps", checkpoint_every_n_steps)
    logs = [tensorboard_log(folder)] if tensorboard else []
    recipe, data = task.recipe, task.data
    strategy = strategy_for(strategy) if isinstance(strategy, str) else strategy
    check_batch(strategy, recipe.batch_size)
    place = RunFolder(folder, recipe, data, writes=is_chief(strategy))
    keras.utils.set_random_seed(recipe.seed)
    if deterministic and keras.backend.backend() == "tensorflow":
        tf.config.experimental.enable_op_determinism()
    timetable = Timetable.of(recipe, data.examples)
    rate = learning_rate(recipe, timetable.steps_per_epoch)
    with strategy.scope():
        models = task.build(read_weights=not place.is_begun)
        trainer = models.trainer
        trainer.compile(optimizer(recipe, rate, trainer), task.loss(), metrics=task.metrics())
        trainer.optimizer.build(trainer.trainable_variables)  # on all workers alike
        validation = task.validation(models.inference)
        notes = place.begin(trainer)
    scale = [RescaleMomentum(rate)] if recipe.rescale_momentum else []
    norms = [PreciseBatchNorm(task.batches, count)] if (count := recipe.precise_bn_batches) else []
    history = RunHistory(notes, rate)
    monitor = validation.monitor if validation else None
    checkpoint = RunCheckpoint(place, history, models.inference, checkpoint_every_n_steps, monitor)
    loop = Loop(
        step=[FiniteLoss(), *scale, *norms],
        evaluate=[validation] if validation else [],
        user=callbacks,
        log=logs,
        record=[history, checkpoint, MetricsLog(place, history)],
    )
    with explained(history, checkpoint):
        spans = timetable.spans(notes["step"])
        for span in spans:
            batches = partial(task.batches, first=span.first_step)
            _train(trainer, batches, strategy, loop, {**span.epochs_and_steps, "verbose": verbose})
            if trainer.stop_training:
                break
        run = Run(models.inference, recipe, data.class_names, history.rows)
        if place.writes and (spans or not is_finished(place, report=report)):
            finish(run, place, task, validation.scores if validation else None, report=report)
    return run


def _train(trainer: keras.Model, batches_of, strategy, loop: Loop, options: dict) -> None:
    """Trains some epochs, on one replica by Keras itself."""
    if strategy.num_replicas_in_sync == 1:
        callbacks = [WholeEpochs(), *chain.from_iterable(loop)]
        trainer.fit(batches_of(), shuffle=False, callbacks=callbacks, **options)
        return
    distributed.distributed_fit(
        trainer,
        batches_of,
        strategy=strategy,
        callbacks=[*loop.step, *loop.user],
        writers=[*loop.evaluate, *loop.log, *loop.record],  # the chief alone evaluates and writes
        **options,
    )
