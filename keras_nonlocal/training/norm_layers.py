"""Normalization layers: how to find them, and precise statistics of batch norms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from keras.layers import BatchNormalization

from ..utils.checks import positive_int

NORMS = (
    layers.BatchNormalization,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.RMSNormalization,
)


def norms(model: keras.Layer) -> list[keras.Layer]:
    """Returns all normalization layers of a model, including those in nested layers and models.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small(classes=10, blocks=1)
    >>> [layer.name for layer in norms(model)][:2]
    ['conv1_norm', 'res2_0_1_norm']
    """
    return [layer for layer in _nested_layers(model, set()) if isinstance(layer, NORMS)]


def precise_batch_norm(model: keras.Model, batches: Iterable, count: int) -> None:
    """Replaces the statistics of all batch norms by averages over batches of training inputs.

    Moving averages lag behind the weights and cover few batches. Here the mean is the mean of the
    batches' means, and the variance is that of the activations of all batches, as in the official
    code (`COMPUTE_PRECISE_BN`, 200 batches). The model runs forward as in training, with dropout,
    but its weights and the state of its random seeds do not change. Frozen batch norms keep their
    statistics.

    Args:
        model: A built model.
        batches: Inputs, or tuples that begin with inputs, such as a `tf.data.Dataset` for `fit`.
            All batches should have the same size, because each has the same weight.
        count: Number of batches to use.

    Raises:
        ValueError: `count` is not a positive integer, or there are fewer batches.

    Example:

    >>> model = keras_nonlocal.models.c2d_small(classes=10)
    >>> inputs = (np.random.default_rng(i).normal(size=(2, 8, 32, 32, 3)) for i in range(3))
    >>> precise_batch_norm(model, inputs, count=3)
    """
    positive_int("count", count)
    batch_norms = [
        layer for layer in norms(model) if isinstance(layer, BatchNormalization) and layer.trainable
    ]
    if not batch_norms:
        return
    momenta = [layer.momentum for layer in batch_norms]
    try:
        for layer in batch_norms:
            layer.momentum = 0.0  # so that a batch replaces the statistics by its own
        moments = _moments(_statistics(model, batch_norms), batches, count)
    finally:
        for layer, momentum in zip(batch_norms, momenta, strict=True):
            layer.momentum = momentum
    for layer, (mean, square) in zip(batch_norms, moments, strict=True):
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(square - mean**2, 0))


def _nested_layers(layer: keras.Layer, visited: set[int]) -> Iterator[keras.Layer]:
    """The layer and all layers in it: a model lists them, a layer has them as attributes."""
    if id(layer) in visited:
        return
    visited.add(id(layer))
    yield layer
    for value in (getattr(layer, "layers", ()), *vars(layer).values()):
        for inner in value if isinstance(value, list | tuple) else (value,):
            if isinstance(inner, keras.Layer):
                yield from _nested_layers(inner, visited)


def _moments(statistics: Callable, batches: Iterable, count: int) -> list[tuple[Any, Any]]:
    """Mean and mean square of each batch norm's inputs."""
    per_batch = []
    for batch in islice(batches, count):
        inputs, *_ = keras.utils.unpack_x_y_sample_weight(batch)
        arrays = [np.float64(ops.convert_to_numpy(each)) for each in statistics(inputs)]
        pairs = zip(arrays[::2], arrays[1::2], strict=True)
        per_batch.append([(mean, variance + mean**2) for mean, variance in pairs])
    if len(per_batch) < count:
        raise ValueError(
            f"`batches` must hold at least `count` batches. Received: {len(per_batch)} of {count}"
        )
    return [tuple(np.mean(each, axis=0)) for each in zip(*per_batch, strict=True)]


def _statistics(model: keras.Model, batch_norms: list[BatchNormalization]) -> Callable:
    """A function from inputs to mean and variance of each batch norm after a training step."""
    index_of = {id(variable): index for index, variable in enumerate(model.non_trainable_variables)}
    indices = [
        index_of[id(variable)]
        for layer in batch_norms
        for variable in (layer.moving_mean, layer.moving_variance)
    ]

    def statistics(inputs):
        trainable, non_trainable = (
            [ops.convert_to_tensor(variable) for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )
        _, updated = model.stateless_call(trainable, non_trainable, inputs, training=True)
        return [updated[index] for index in indices]

    if keras.backend.backend() != "tensorflow":
        return statistics
    import tensorflow as tf

    return tf.function(statistics, autograph=False, reduce_retracing=True)
