"""Weights averaged over the steps: they are evaluated and saved, while training goes on without.

Keras overwrites the weights with their averages at the end of each `fit`. A run calls `fit` several
times, and resumes to the same bits, so here both are kept, and exchanged.
"""

from __future__ import annotations

import keras

from ..utils.compat import moving_averages


class AveragedWeights:
    """The weights of a model in training, and their averages.

    Args:
        trainer: The compiled model, whose optimizer averages the weights; with another one,
            nothing is exchanged.
    """

    def __init__(self, trainer: keras.Model):
        self._variables = trainer.trainable_variables
        self._averages = moving_averages(trainer.optimizer)
        self._raw: list | None = None

    def use(self) -> None:
        """Puts the averages into the model."""
        if self._averages and self._raw is None:
            self._raw = [keras.ops.convert_to_numpy(each) for each in self._variables]
            for variable, average in zip(self._variables, self._averages, strict=True):
                variable.assign(average)

    def leave(self) -> None:
        """Puts the weights of training back."""
        if self._raw is not None:
            for variable, value in zip(self._variables, self._raw, strict=True):
                variable.assign(value)
            self._raw = None


class UseAverages(keras.callbacks.Callback):
    """Puts the averages into the model at the end of an epoch, for evaluation and best weights."""

    def __init__(self, weights: AveragedWeights):
        super().__init__()
        self._weights = weights

    def on_epoch_end(self, epoch, logs=None):
        self._weights.use()


class LeaveAverages(UseAverages):
    """Puts the weights of training back, for the checkpoint and the next epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self._weights.leave()
