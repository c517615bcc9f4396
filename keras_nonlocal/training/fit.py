"""Trains a task, in a folder from which the run can resume.

The training loop, in order:

    for each remaining epoch:
        for each step:  train, stop if the loss is not finite, save a checkpoint every n steps
        stop if a weight or an output is not finite
        evaluate, run the user's callbacks, log, add a row to the history, save a checkpoint

Keras's own `fit` runs the loop, or `distributed_fit` over several devices; the parts are callbacks.
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
from .averaged_weights import LeaveAverages, UseAverages
from .callbacks import (
    BestWeights,
    FiniteLoss,
    FiniteOutputs,
    MetricsLog,
    PreciseBatchNorm,
    RunCheckpoint,
    RunHistory,
    tensorboard_log,
)
from .distributed.strategies import check_batch, is_chief, strategy_for
from .finish import explain_failure, finish, is_finished
from .optimizers.factory import optimizer
from .optimizers.rescale_momentum import RescaleMomentum
from .optimizers.schedules import learning_rate
from .run_folder import Run, RunFolder
from .task import Task
from .timetable import Timetable

Callbacks = Sequence[keras.callbacks.Callback]


class Loop(NamedTuple):
    """The callbacks of a run, in the order in which a single process runs them."""

    step: Callbacks
    evaluate: Callbacks
    user: Callbacks  # after `evaluate`, so that they can monitor its metrics
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
    """Trains the network of a task; the same call resumes a run that was stopped.

    The seeds of Python, NumPy and Keras are set to the recipe's seed. Batch `n` depends only on the
    task and `n`, and a checkpoint holds the weights, the optimizer, the seeds and `n`. So the
    result does not depend on where a run was stopped. (On the PyTorch backend dropout is an
    exception: its generator is not in the checkpoint.)

    Args:
        task: The task to train, with its recipe and data.
        folder: Folder for the recipe, metrics, checkpoints, weights and report; `None` writes
            nothing.
        strategy: `"one"` device, `"mirrored"` for all GPUs of this machine, `"multiworker"`, or a
            strategy from `strategy_for`. The strategy of several workers must be created before
            any tensor or layer, and so before a recipe.
        checkpoint_every_n_steps: Number of steps between checkpoints within an epoch. A checkpoint
            is also saved after each epoch.
        deterministic: Whether TensorFlow uses only kernels that give the same bits in each run.
        tensorboard: Whether to write logs for TensorBoard (extra `tensorboard`).
        callbacks: Further Keras callbacks, such as `EarlyStopping("val_top1", mode="max")`. With
            several workers, each runs them, before the chief evaluates. A run that a callback
            stopped resumes when `fit` is called again.
        report: Whether to write `report.html` at the end.
        verbose: As in `keras.Model.fit`.

    Returns:
        The run, with its inference model and its history.

    Raises:
        ValueError: The recipe, the data and the folder do not fit each other, or an argument is out
            of range.
        BlockingIOError: Another process trains in the folder.
        TrainingStopped: An input file disappeared, the disk is full, or the loss or a weight is
            not finite.

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
    if strategy.num_replicas_in_sync > 1 and (
        recipe.accumulated_batches > 1 or recipe.ema_momentum
    ):
        raise ValueError(
            "On several devices `accumulated_batches` must be 1 (raise `batch_size` instead), and "
            "`ema_momentum` must be 0. Received: accumulated_batches="
            f"{recipe.accumulated_batches}, ema_momentum={recipe.ema_momentum}"
        )
    run_folder = RunFolder(folder, recipe, data, is_writer=is_chief(strategy))
    with run_folder.alone():
        keras.utils.set_random_seed(recipe.seed)
        if deterministic and keras.backend.backend() == "tensorflow":
            tf.config.experimental.enable_op_determinism()
        timetable = Timetable.of(recipe, data.examples)
        rate = learning_rate(recipe, timetable.steps_per_epoch)
        with strategy.scope():
            models = task.build(read_weights=not run_folder.has_checkpoint)
            trainer = models.trainer
            trainer.compile(optimizer(recipe, rate, trainer), task.loss(), metrics=task.metrics())
            # All workers must create the same variables, whether or not they restore a checkpoint.
            trainer.optimizer.build(trainer.trainable_variables)
            validation = task.validation(models.inference)
            progress = run_folder.start(trainer)
        momentum = [RescaleMomentum(rate)] if recipe.rescale_momentum else []
        norms = (
            [PreciseBatchNorm(task.batches, count)] if (count := recipe.precise_bn_batches) else []
        )
        history = RunHistory(progress, rate)
        checkpoint = RunCheckpoint(run_folder, history, checkpoint_every_n_steps)
        averages = UseAverages()
        averages.set_model(trainer)  # a finished run has no epoch in which Keras would do so
        best = (
            [BestWeights(run_folder, history, models.inference, validation.monitor)]
            if validation
            else []
        )
        loop = Loop(
            step=[*momentum, *norms, FiniteLoss()],
            evaluate=[
                averages,
                validation or FiniteOutputs(task.batches, models.inference),
            ],
            user=callbacks,
            log=logs,
            record=[
                history,
                *best,
                LeaveAverages(averages),
                checkpoint,
                MetricsLog(run_folder, history),
            ],
        )
        with explain_failure(history, checkpoint):
            spans = timetable.spans(progress.step)
            for span in spans:
                batches = partial(task.batches, first=span.first_step)
                _train(
                    trainer, batches, strategy, loop, {**span.epochs_and_steps, "verbose": verbose}
                )
                if trainer.stop_training:
                    break
            averages.use()
            run = Run(models.inference, recipe, data.class_names, history.rows)
            if run_folder.is_writer and (spans or not is_finished(run_folder, report=report)):
                scores = validation.scores if validation else None
                finish(run, run_folder, task, scores, report=report)
        return run


def _train(trainer: keras.Model, make_batches, strategy, loop: Loop, options: dict) -> None:
    """Trains some epochs; Keras itself does so if there is only one replica."""
    if strategy.num_replicas_in_sync == 1:
        callbacks = [*chain.from_iterable(loop)]
        trainer.fit(make_batches(), shuffle=False, callbacks=callbacks, **options)
        return
    distributed.distributed_fit(
        trainer,
        make_batches,
        strategy=strategy,
        callbacks=[*loop.step, *loop.user],
        chief_callbacks=[*loop.evaluate, *loop.log, *loop.record],
        **options,
    )
