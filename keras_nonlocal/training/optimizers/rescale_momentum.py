"""Momentum that follows the learning rate."""

from __future__ import annotations

import keras
from keras import ops

from .schedules import Rate


class RescaleMomentum(keras.callbacks.Callback):
    """Multiplies SGD's momenta by new rate / old rate whenever the rate changes.

    Keras's momenta, like Caffe2's, are sums of gradients times the rate of their time. After a
    drop to a tenth, momenta of the old rate would drive the weights for some steps more. The
    official code rescales them (`SCALE_MOMENTUM`). PyTorch multiplies by the rate last, so
    that under this callback Keras's SGD equals PyTorch's for any schedule that is never zero.

    The schedule and the optimizer's count of steps decide alone, so that training which is
    interrupted and goes on is the same.

    Args:
        learning_rate: The rate that the optimizer has, such as `learning_rate(recipe, steps)`.

    Raises:
        ValueError: When training begins: the optimizer is not SGD, or runs several steps at once.

    Example:
        rate = learning_rate(recipe, steps_per_epoch)
        model.compile(optimizer(recipe, rate, model), loss)
        model.fit(batches, callbacks=[RescaleMomentum(rate)])
    """

    def __init__(self, learning_rate: Rate):
        super().__init__()
        self.learning_rate = learning_rate
        self._rescaled_for = -1

    def on_train_begin(self, logs=None):
        if not isinstance(_inner(self.model.optimizer), keras.optimizers.SGD):
            raise ValueError(
                "`RescaleMomentum` rescales the momenta of `keras.optimizers.SGD`. "
                f"Received: a model compiled with {self.model.optimizer!r}"
            )
        if self.model.steps_per_execution != 1:
            raise ValueError(
                "`RescaleMomentum` acts between steps, so `steps_per_execution` must be 1. "
                f"Received: steps_per_execution={self.model.steps_per_execution}"
            )

    def on_train_batch_begin(self, batch, logs=None):
        if not callable(self.learning_rate):
            return
        sgd = _inner(self.model.optimizer)
        step = int(ops.convert_to_numpy(sgd.iterations))
        if step in (0, self._rescaled_for):
            return
        self._rescaled_for = step  # float16 takes a step again when its gradient overflows
        old, new = (float(self.learning_rate(number)) for number in (step - 1, step))
        if old not in (0.0, new):
            for momentum in sgd.momentums:
                momentum.assign(momentum * (new / old))


def _inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    return getattr(optimizer, "inner_optimizer", optimizer)  # within a LossScaleOptimizer
