"""Rescaling of momentum when the learning rate changes."""

from __future__ import annotations

import keras
from keras import ops

from .schedules import Rate


class RescaleMomentum(keras.callbacks.Callback):
    """Multiplies the momentum of SGD by (new rate / old rate) when the learning rate changes.

    In Keras, as in Caffe2, momentum is a sum of gradients times the learning rate of their step.
    After the rate drops to a tenth, momentum of the old rate would dominate for several more steps.
    The official code rescales it (`SCALE_MOMENTUM`). PyTorch multiplies by the rate last, so with
    this callback Keras's SGD equals PyTorch's for any schedule that is never zero.

    The callback depends only on the schedule and on the optimizer's step count, so training that
    is interrupted and resumed gives the same result.

    Args:
        learning_rate: The learning rate or the schedule of the optimizer, for example
            `learning_rate(recipe, steps_per_epoch)`.

    Raises:
        ValueError: At the start of training, if the optimizer is not SGD or if
            `steps_per_execution` is not 1.

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
                "`RescaleMomentum` needs a model that is compiled with `keras.optimizers.SGD`. "
                f"Received: optimizer={self.model.optimizer!r}"
            )
        if self.model.steps_per_execution != 1:
            raise ValueError(
                "`steps_per_execution` must be 1, because `RescaleMomentum` acts between steps. "
                f"Received: steps_per_execution={self.model.steps_per_execution}"
            )

    def on_train_batch_begin(self, batch, logs=None):
        if not callable(self.learning_rate):
            return
        sgd = _inner(self.model.optimizer)
        update = int(ops.convert_to_numpy(sgd.iterations))
        if update in (0, self._rescaled_for):
            return
        self._rescaled_for = update  # in float16, a step is repeated if its gradient overflows
        steps = sgd.gradient_accumulation_steps or 1  # of an update, whose rate is that of the last
        old, new = (float(self.learning_rate(n * steps - 1)) for n in (update, update + 1))
        if old not in (0.0, new):
            for momentum in sgd.momentums:
                momentum.assign(momentum * (new / old))


def _inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer inside a `LossScaleOptimizer`, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)
