"""AdamW, with what all weights have in common computed once a step."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from ...utils.compat import adam_moments


class _Step(NamedTuple):
    """What is the same for all weights."""

    rate: Any
    betas: list
    powers: list  # of the betas, by the number of the step
    unbiased_rate: Any  # makes up for the bias of the moments


@keras.saving.register_keras_serializable("keras_nonlocal")
class AdamW(keras.optimizers.AdamW):
    """`keras.optimizers.AdamW` in a third of the operations, so that training begins sooner.

    Keras asks the schedule of the rate again for each weight that decays, and computes for each
    weight how biased its moments are. Here TensorFlow's kernel moves a float32 weight and its
    moments at once. Weights come out the same, but for 1e-5 of a step where `1 - beta` is no
    float32: the kernel takes it of the rounded beta. Source: Decoupled Weight Decay
    Regularization (arXiv:1711.05101), algorithm 2.

    Args:
        options: As in `keras.optimizers.AdamW`, without `amsgrad`.

    Raises:
        ValueError: `amsgrad` is asked for.

    Example:

    >>> adamw = AdamW(0.001, weight_decay=0.01, global_clipnorm=5.0)
    """

    _step: Any = None  # a `_Step` while weights change

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.amsgrad:
            raise ValueError("`amsgrad` must be False: use `keras.optimizers.AdamW` for it")

    @keras.optimizers.AdamW.learning_rate.getter
    def learning_rate(self) -> Any:
        return super().learning_rate if self._step is None else self._step.rate

    def apply(self, grads, trainable_variables=None):
        rate = ops.cast(super().learning_rate, "float32")
        number = ops.cast(self.iterations + 1, "float32")
        betas = [ops.cast(beta, "float32") for beta in (self.beta_1, self.beta_2)]
        powers = [ops.power(beta, number) for beta in betas]
        unbiased = rate * ops.sqrt(1 - powers[1]) / (1 - powers[0])
        self._step = _Step(rate, betas, powers, unbiased)
        try:
            super().apply(grads, trainable_variables)
        finally:
            self._step = None

    def update_step(self, gradient, variable, learning_rate):
        mean, square = adam_moments(self, variable)
        if keras.backend.backend() == "tensorflow" and variable.dtype == "float32":
            self._by_kernel(gradient, variable, mean.value, square.value)
            return
        gradient = ops.cast(gradient, variable.dtype)
        rate = ops.cast(self._step.unbiased_rate, variable.dtype)
        self.assign_add(mean, ops.multiply(ops.subtract(gradient, mean), 1 - self.beta_1))
        change = ops.subtract(ops.square(gradient), square)
        self.assign_add(square, ops.multiply(change, 1 - self.beta_2))
        scale = ops.add(ops.sqrt(square), self.epsilon)
        self.assign_sub(variable, ops.divide(ops.multiply(mean, rate), scale))

    def _by_kernel(self, gradient, variable, mean, square):
        import tensorflow as tf

        step = self._step
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=step.powers[0],
            beta2_power=step.powers[1],
            lr=step.rate,
            beta1=step.betas[0],
            beta2=step.betas[1],
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )
