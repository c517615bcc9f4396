"""Statistics of batch norms as they are, in place of moving averages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import keras
import numpy as np
from keras import ops
from keras.layers import BatchNormalization

from ..utils.checks import positive_int
from .optimizers.norm_layers import norms


def precise_batch_norm(model: keras.Model, batches: Iterable, count: int) -> None:
    """Averages the statistics of all batch norms anew, over batches of training inputs.

    Moving averages lag behind the weights and remember few batches. Here the mean is the mean of
    the batches' means, and the variance that of all their activations together, as in the
    official code (`COMPUTE_PRECISE_BN`, 200 batches). Nothing else of the model changes: the
    network runs forward as in training, with dropout, but its random seeds stay where they are.
    Frozen batch norms keep their statistics.

    Args:
        model: A built model.
        batches: Inputs, or tuples that begin with them, such as a `tf.data.Dataset` for `fit`.
        count: Over how many batches; all of one size, as each counts the same.

    Raises:
        ValueError: There are fewer batches than `count`.

    Example:

    >>> model = keras_nonlocal.models.c2d_small(classes=10)
    >>> inputs = (np.random.default_rng(i).normal(size=(2, 8, 32, 32, 3)) for i in range(3))
    >>> precise_batch_norm(model, inputs, count=3)
    """
    positive_int("count", count)
    moving = [
        layer for layer in norms(model) if isinstance(layer, BatchNormalization) and layer.trainable
    ]
    if not moving:
        return
    momenta = [layer.momentum for layer in moving]
    try:
        for layer in moving:
            layer.momentum = 0.0  # so that the statistics after a batch are those of the batch
        moments = _moments(_statistics(model, moving), batches, count)
    finally:
        for layer, momentum in zip(moving, momenta, strict=True):
            layer.momentum = momentum
    for layer, (mean, square) in zip(moving, moments, strict=True):
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(square - mean**2, 0))


def _moments(statistics: Callable, batches: Iterable, count: int) -> list[tuple[Any, Any]]:
    """Mean and mean square of each norm's inputs."""
    of_batches = []
    for batch in islice(batches, count):
        inputs, *_ = keras.utils.unpack_x_y_sample_weight(batch)
        host = [np.float64(ops.convert_to_numpy(each)) for each in statistics(inputs)]
        means, variances = host[::2], host[1::2]
        of_batches.append([(m, v + m**2) for m, v in zip(means, variances, strict=True)])
    if len(of_batches) < count:
        raise ValueError(
            f"`batches` must hold at least `count` batches. Received: {len(of_batches)} of {count}"
        )
    return [tuple(np.mean(each, axis=0)) for each in zip(*of_batches, strict=True)]


def _statistics(model: keras.Model, moving: list[BatchNormalization]) -> Callable:
    """A function of inputs: mean and variance of each norm in turn, after a training step."""
    order = {id(variable): at for at, variable in enumerate(model.non_trainable_variables)}
    wanted = [
        order[id(variable)]
        for layer in moving
        for variable in (layer.moving_mean, layer.moving_variance)
    ]

    def statistics(inputs):
        trained, others = (
            [ops.convert_to_tensor(variable) for variable in variables]
            for variables in (model.trainable_variables, model.non_trainable_variables)
        )
        _, after = model.stateless_call(trained, others, inputs, training=True)
        return [after[at] for at in wanted]

    if keras.backend.backend() != "tensorflow":
        return statistics
    import tensorflow as tf

    return tf.function(statistics, autograph=False, reduce_retracing=True)
