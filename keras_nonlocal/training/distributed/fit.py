"""`keras.Model.fit` for several replicas and workers, made of public functions.

Keras 3's own `fit` fails with workers on several machines (keras-team/keras#20585). With several
replicas it also clips the gradient of each replica, instead of their sum, and each replica decides
separately whether half precision overflowed. Here both are as in a single process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .strategies import is_chief

Batches = Callable[..., tf.data.Dataset]
_CLIPS = {
    "clipnorm": lambda gradients, limit: [tf.clip_by_norm(each, limit) for each in gradients],
    "global_clipnorm": lambda gradients, limit: tf.clip_by_global_norm(gradients, limit)[0],
    "clipvalue": lambda gradients, limit: [
        tf.clip_by_value(each, -limit, limit) for each in gradients
    ],
}
_WORKER_ERRORS = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.InternalError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def distributed_fit(
    model: keras.Model,
    make_batches: Batches,
    *,
    strategy: tf.distribute.Strategy,
    epochs: int,
    initial_epoch: int = 0,
    steps_per_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    chief_callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: str | int = "auto",
) -> keras.callbacks.History:
    """Trains a model that was built and compiled in the scope of a strategy.

    All workers call this function with the same arguments. The logs cover all replicas and are the
    same on all workers, so callbacks that depend on them make the same decision everywhere. If one
    worker sets `model.stop_training`, all workers stop after the same step.

    Args:
        model: A compiled model with the `train_step` of Keras. All workers must create the same
            variables: build the optimizer before a worker restores a checkpoint.
        make_batches: A function of `shard=(index, count)` that returns an endless dataset with the
            part of each batch that has this index, of `count` equal parts.
        strategy: A strategy from `strategy_for`.
        epochs, initial_epoch, steps_per_epoch, verbose: As in `keras.Model.fit`.
        callbacks: Callbacks that each worker runs.
        chief_callbacks: Callbacks that only the chief runs, after the others, because they write
            files. They must not need the other workers, as a training step or the result of a
            metric does.

    Returns:
        The history of the logs.

    Raises:
        ConnectionError: Another worker has stopped. All workers must be started again.
        ValueError: The workers start at different steps, or the model has its own `train_step`.

    Example:
        strategy = strategy_for("multiworker")
        with strategy.scope():
            model = nl_i3d_small(classes=10)
            model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        batches = functools.partial(training_clips, recipe, "actions")
        distributed_fit(model, batches, strategy=strategy, epochs=9, steps_per_epoch=99)
    """
    if type(model).train_step is not keras.Model.train_step:
        raise ValueError(
            "`model` must have Keras's own `train_step`. "
            f"Received: the `train_step` of {type(model).__name__}"
        )
    chief = is_chief(strategy)
    with strategy.scope(), _explain_lost_worker(strategy):
        batches = _build_with_first(model, strategy, iter(_distributed(make_batches, strategy)))
        _check_same_start(
            strategy, int(np.asarray(model.optimizer.iterations)), initial_epoch, steps_per_epoch
        )
        train_step, any_worker = _train_step(model, strategy), _any_worker(strategy)
        callback_list = keras.callbacks.CallbackList(
            [*callbacks, *(chief_callbacks if chief else ())],
            add_history=True,
            add_progbar=chief and verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=steps_per_epoch,
        )
        model.stop_training, logs = False, {}
        callback_list.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            model.reset_metrics()
            callback_list.on_epoch_begin(epoch)
            for step in range(steps_per_epoch):
                callback_list.on_train_batch_begin(step)
                metrics = train_step(next(batches))
                logs = {name: value.numpy().tolist() for name, value in metrics.items()}
                callback_list.on_train_batch_end(step, logs)
                model.stop_training = any_worker(model.stop_training)
                if model.stop_training:
                    break
            callback_list.on_epoch_end(epoch, dict(logs))
            model.stop_training = any_worker(model.stop_training)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_variables)
        callback_list.on_train_end(logs)
    return model.history


def _train_step(model: keras.Model, strategy: tf.distribute.Strategy) -> Callable[[Any], dict]:
    """A function that trains on a batch of each replica, and returns the logs of the epoch."""
    optimizer = model.optimizer
    loss_metric = next(metric for metric in model.metrics if metric.name == "loss")

    def replica_step(batch):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = model.compute_loss(x, y, predictions, weights)  # this replica's part of the loss
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(
            scaled, model.trainable_variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        if _needs_all_gradients(optimizer):
            gradients = _clipped_shares(gradients, optimizer)
        optimizer.apply(gradients, model.trainable_variables)
        examples = tf.shape(tf.nest.flatten(x)[0])[0]
        loss_metric.update_state(loss * strategy.num_replicas_in_sync, sample_weight=examples)
        model.compute_metrics(x, y, predictions, weights)

    @tf.function(autograph=False)
    def step(batch):
        strategy.run(replica_step, args=(batch,))
        return model.get_metrics_result()

    return step


def _needs_all_gradients(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether clipping or loss scaling needs the sum over replicas, which Keras computes later."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner is not optimizer or any(getattr(inner, name) for name in _CLIPS)


def _clipped_shares(gradients: list, optimizer: keras.optimizers.Optimizer) -> list:
    """Clips the gradients of the whole batch, and returns equal shares for the optimizer to sum.

    The shares are not larger than the limit, so the optimizer does not clip them again.
    """
    replica = tf.distribute.get_replica_context()
    scale = optimizer.scale_loss(tf.ones(()))
    totals = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    totals = [total / scale for total in totals]  # the norm of scaled gradients could overflow
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    for name, clip in _CLIPS.items():
        if limit := getattr(inner, name):
            totals = clip(totals, limit)
    return [total * (scale / replica.num_replicas_in_sync) for total in totals]


def _distributed(make_batches: Batches, strategy: tf.distribute.Strategy):
    def worker_batches(context):
        shard = (context.input_pipeline_id, context.num_input_pipelines)
        batches = make_batches(shard=shard)
        replicas = context.num_replicas_in_sync // context.num_input_pipelines
        if replicas > 1:
            batch_size = tf.nest.flatten(batches.element_spec)[0].shape[0]
            batches = batches.rebatch(batch_size // replicas, drop_remainder=True)
        # Without this, the workers would ask each other before each step whether data is left.
        return batches.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))

    return strategy.distribute_datasets_from_function(worker_batches)


def _build_with_first(
    model: keras.Model, strategy: tf.distribute.Strategy, batches: Iterator
) -> Iterator:
    """Creates the variables of metrics and optimizer with the first batch; returns all batches."""
    first = next(batches)
    example = tf.nest.map_structure(
        lambda values: strategy.experimental_local_results(values)[0][:1], first
    )
    x, y, weights = keras.utils.unpack_x_y_sample_weight(example)
    model.compute_metrics(x, y, model(x, training=False), weights)
    if not model.optimizer.built:  # the variables of a loss scale would be created again
        model.optimizer.build(model.trainable_variables)
    return itertools.chain([first], batches)


def _check_same_start(strategy: tf.distribute.Strategy, *start: int) -> None:
    """Workers that restored different checkpoints would wait for each other forever."""

    def replica_start():
        return tf.distribute.get_replica_context().all_gather(tf.constant([start]), axis=0)

    @tf.function(reduce_retracing=True)
    def gather():
        return strategy.run(replica_start)

    starts = strategy.experimental_local_results(gather())[0]
    if len({tuple(each) for each in starts.numpy().tolist()}) > 1:
        raise ValueError(
            "All workers must start at the same step. Check that all of them can read the same "
            "folder of the run. Received, as (steps done, epoch, steps per epoch) of each replica: "
            f"{starts.numpy().tolist()}"
        )


def _any_worker(strategy: tf.distribute.Strategy) -> Callable[[bool], bool]:
    """A function that all workers must call: whether a flag is set on at least one of them."""

    @tf.function
    def total(flag):
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(tf.identity, (flag,)), None)

    return lambda flag: bool(total(tf.constant(float(flag))) > 0)


@contextmanager
def _explain_lost_worker(strategy: tf.distribute.Strategy) -> Iterator[None]:
    try:
        yield
    except _WORKER_ERRORS as error:
        if strategy.cluster_resolver is None:
            raise
        reason = [line for line in error.message.splitlines() if line.startswith("Collective")]
        raise ConnectionError(
            "Another worker has stopped or cannot be reached; see its own messages for the cause. "
            "Start all workers again to resume from the last checkpoint. TensorFlow reported: "
            f"{type(error).__name__}: {' '.join(reason) or error.message}"
        ) from error
