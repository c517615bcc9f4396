"""`keras.Model.fit` for several replicas and workers, from public parts of TensorFlow and Keras.

Keras 3's own `fit` fails with workers on several machines (keras-team/keras#20585). With several
replicas of any kind it clips each one's gradients by themselves, where all of them together are
meant, and each decides for itself whether half precision overflowed. Here it is as in one process.
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
    "clipnorm": lambda gradients, most: [tf.clip_by_norm(each, most) for each in gradients],
    "global_clipnorm": lambda gradients, most: tf.clip_by_global_norm(gradients, most)[0],
    "clipvalue": lambda gradients, most: [
        tf.clip_by_value(each, -most, most) for each in gradients
    ],
}
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.InternalError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
)


def distributed_fit(
    model: keras.Model,
    batches_of: Batches,
    *,
    strategy: tf.distribute.Strategy,
    epochs: int,
    initial_epoch: int = 0,
    steps_per_epoch: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    writers: Sequence[keras.callbacks.Callback] = (),
    verbose: str | int = "auto",
) -> keras.callbacks.History:
    """Trains a model that was built and compiled in the strategy's scope.

    All workers call it with the same arguments. Logs are those of all replicas together, the same
    numbers everywhere, so callbacks that decide by them decide alike. Where one of them sets
    `model.stop_training`, all stop, after the same step.

    Args:
        model: Its `train_step` is Keras's own.
            All workers have to make the same variables: build the optimizer before some of them
            find a checkpoint to restore.
        batches_of: From `shard=(index, count)` to an endless dataset of that one of so many equal
            parts of each batch. Each worker reads its own.
        strategy: As `strategy_for` gives it.
        epochs, initial_epoch, steps_per_epoch, verbose: As in `keras.Model.fit`.
        callbacks: Run by each worker.
        writers: Callbacks that run after those, and on the chief alone: they write files. They
            must not do what needs the other workers, such as a step or a metric's result.

    Returns:
        Logs by epoch.

    Raises:
        ConnectionError: Another worker has ended. All have to start again.
        ValueError: The workers do not begin at the same step, or the model has a `train_step` of
            its own.

    Example:
        strategy = strategy_for("multiworker")
        with strategy.scope():
            model = nl_i3d_small(classes=10)
            model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        batches = functools.partial(training_stream, "actions")
        fit(model, batches, strategy=strategy, epochs=9, steps_per_epoch=99)
    """
    if type(model).train_step is not keras.Model.train_step:
        raise ValueError("`model` must train by Keras's own `train_step`. Received: another one")
    chief = is_chief(strategy)
    with strategy.scope(), _lost_worker(strategy):
        batches = _built(model, strategy, iter(_distributed(batches_of, strategy)))
        _check_start(
            strategy, int(np.asarray(model.optimizer.iterations)), initial_epoch, steps_per_epoch
        )
        step, anyone = _step(model, strategy), _anyone(strategy)
        calls = keras.callbacks.CallbackList(
            [*callbacks, *(writers if chief else ())],
            add_history=True,
            add_progbar=chief and verbose != 0,
            model=model,
            verbose=verbose,
            epochs=epochs,
            steps=steps_per_epoch,
        )
        model.stop_training, logs = False, {}
        calls.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            model.reset_metrics()
            calls.on_epoch_begin(epoch)
            for number in range(steps_per_epoch):
                calls.on_train_batch_begin(number)
                logs = {name: value.numpy().tolist() for name, value in step(next(batches)).items()}
                calls.on_train_batch_end(number, logs)
                model.stop_training = anyone(model.stop_training)
                if model.stop_training:
                    break
            calls.on_epoch_end(epoch, dict(logs))
            model.stop_training = anyone(model.stop_training)
            if model.stop_training:
                break
        model.optimizer.finalize_variable_values(model.trainable_variables)
        calls.on_train_end(logs)
    return model.history


def _step(model: keras.Model, strategy: tf.distribute.Strategy) -> Callable[[Any], dict]:
    """One update by the batches of all replicas, and the logs of the epoch so far."""
    optimizer = model.optimizer
    loss_so_far = next(metric for metric in model.metrics if metric.name == "loss")

    def of_replica(batch):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        with tf.GradientTape() as tape:
            predictions = model(x, training=True)
            loss = model.compute_loss(x, y, predictions, weights)  # a part of that of all replicas
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(
            scaled, model.trainable_variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        if _looks_at_all(optimizer):
            gradients = _totals(gradients, optimizer)
        optimizer.apply(gradients, model.trainable_variables)
        examples = tf.shape(tf.nest.flatten(x)[0])[0]
        loss_so_far.update_state(loss * strategy.num_replicas_in_sync, sample_weight=examples)
        model.compute_metrics(x, y, predictions, weights)

    @tf.function(autograph=False)
    def step(batch):
        strategy.run(of_replica, args=(batch,))
        return model.get_metrics_result()

    return step


def _looks_at_all(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether all gradients together decide what becomes of each; Keras sums them afterwards."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return inner is not optimizer or any(getattr(inner, name) for name in _CLIPS)


def _totals(gradients: list, optimizer: keras.optimizers.Optimizer) -> list:
    """Gradients of the whole batch, clipped, in equal shares of which the optimizer makes the sum.

    The shares are no larger than the limit, so that the optimizer does not clip them again.
    """
    replica = tf.distribute.get_replica_context()
    scale = optimizer.scale_loss(tf.ones(()))
    totals = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    totals = [total / scale for total in totals]  # a norm of scaled ones could overflow
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    for name, clip in _CLIPS.items():
        if most := getattr(inner, name):
            totals = clip(totals, most)
    return [total * (scale / replica.num_replicas_in_sync) for total in totals]


def _distributed(batches_of: Batches, strategy: tf.distribute.Strategy):
    def of_worker(context):
        shard = (context.input_pipeline_id, context.num_input_pipelines)
        batches = batches_of(shard=shard)
        replicas = context.num_replicas_in_sync // context.num_input_pipelines
        if replicas > 1:
            together = tf.nest.flatten(batches.element_spec)[0].shape[0]
            batches = batches.rebatch(together // replicas, drop_remainder=True)
        # Else the workers would ask each other at each step whether there is more.
        return batches.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))

    return strategy.distribute_datasets_from_function(of_worker)


def _built(model: keras.Model, strategy: tf.distribute.Strategy, batches: Iterator) -> Iterator:
    """The same batches, after the variables of metrics and optimizer were made with the first."""
    first = next(batches)
    example = tf.nest.map_structure(
        lambda values: strategy.experimental_local_results(values)[0][:1], first
    )
    x, y, weights = keras.utils.unpack_x_y_sample_weight(example)
    model.compute_metrics(x, y, model(x, training=False), weights)
    if not model.optimizer.built:  # the loss scale's would be made anew
        model.optimizer.build(model.trainable_variables)
    return itertools.chain([first], batches)


def _check_start(strategy: tf.distribute.Strategy, *start: int) -> None:
    """Workers that restored different checkpoints would go on, and wait for each other forever."""

    def here():
        return tf.distribute.get_replica_context().all_gather(tf.constant([start]), axis=0)

    @tf.function(reduce_retracing=True)
    def everywhere():
        return strategy.run(here)

    starts = strategy.experimental_local_results(everywhere())[0]
    if len({tuple(each) for each in starts.numpy().tolist()}) > 1:
        raise ValueError(
            "All workers must begin at the same step: do all of them see the same folder of the "
            "run? Received, as (updates made, epoch, steps an epoch) of each replica: "
            f"{starts.numpy().tolist()}"
        )


def _anyone(strategy: tf.distribute.Strategy) -> Callable[[bool], bool]:
    """Whether it is so on any worker; all of them have to ask."""

    @tf.function
    def total(flag):
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(tf.identity, (flag,)), None)

    return lambda flag: bool(total(tf.constant(float(flag))) > 0)


@contextmanager
def _lost_worker(strategy: tf.distribute.Strategy) -> Iterator[None]:
    try:
        yield
    except _LOST as error:
        if strategy.cluster_resolver is None:
            raise
        reason = [line for line in error.message.splitlines() if line.startswith("Collective")]
        raise ConnectionError(
            "Another worker has ended, or cannot be reached any more; its own messages say why. "
            "Start all workers again: they go on from the last checkpoint. TensorFlow says: "
            f"{type(error).__name__}: {' '.join(reason) or error.message}"
        ) from error
