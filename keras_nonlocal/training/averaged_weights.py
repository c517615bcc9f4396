"""Weights averaged over the steps: they are evaluated and saved, while training goes on without.

Keras overwrites the weights with their averages at the end of each `fit`. A run calls `fit` several
times, and resumes to the same bits, so here both are kept, and exchanged.
"""

from __future__ import annotations

import keras

from ..utils.compat import moving_averages


class UseAverages(keras.callbacks.Callback):
    """Puts the averages into the model at the end of an epoch, for evaluation and best weights.

    If the optimizer does not average weights, nothing is exchanged.
    """

    def __init__(self):
        super().__init__()
        self._raw: list | None = None

    def on_epoch_end(self, epoch, logs=None):
        self.use()

    def use(self) -> None:
        """Puts the averages into the model."""
        averages = moving_averages(self.model.optimizer)
        if averages and self._raw is None:
            variables = self.model.trainable_variables
            self._raw = [keras.ops.convert_to_numpy(each) for each in variables]
            for variable, average in zip(variables, averages, strict=True):
                variable.assign(average)

    def leave(self) -> None:
        """Puts the weights of training back."""
        if self._raw is not None:
            for variable, value in zip(self.model.trainable_variables, self._raw, strict=True):
                variable.assign(value)
            self._raw = None


class LeaveAverages(keras.callbacks.Callback):
    """Puts the weights of training back, for the checkpoint and the next epoch."""

    def __init__(self, averages: UseAverages):
        super().__init__()
        self._averages = averages

    def on_epoch_end(self, epoch, logs=None):
        self._averages.leave()
