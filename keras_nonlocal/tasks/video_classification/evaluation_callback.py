"""The test on whole videos in the course of training."""

from __future__ import annotations

from typing import Any

import keras

from ...data.sources.read import read_source
from ...metrics.metrics import summary
from ...metrics.scores import Scores
from ...utils.checks import positive_int
from .evaluator import Evaluator


class Evaluation(keras.callbacks.Callback):
    """Tests at the end of epochs, and adds the figures to what the epoch reports.

    They have the names of `keras_nonlocal.metrics.summary` behind `prefix`, such as
    `val_top1`, by which other callbacks can watch them; name those behind this one.

    Args:
        evaluator: How to test.
        source: The videos: whatever `keras_nonlocal.data.read_source` reads, or what it returns
            when it is told the network's `class_names`, if the source knows fewer.
        every_n_epochs: Epochs from one test to the next.
        prefix: What the names of the figures begin with.
        network: The model to test, if it is another than the one in training and has its weights.
        check: Whether to look before the first epoch whether all files are there and fit.

    Attributes:
        scores: Of the latest test; `None` before the first.
        monitor: Name of the figure by which the best weights are chosen.

    Example:

        test = Evaluation(Evaluator(clip), "actions/val", every_n_epochs=5)
        best = keras.callbacks.ModelCheckpoint("best.keras", "val_top1", mode="max")
        model.fit(train, epochs=100, callbacks=[test, best])
    """

    def __init__(
        self,
        evaluator: Evaluator,
        source: Any,
        every_n_epochs: int = 1,
        prefix: str = "val_",
        network: keras.Model | None = None,
        check: bool = True,
    ):
        super().__init__()
        if not isinstance(evaluator, Evaluator):
            raise ValueError(
                "`evaluator` must be a `keras_nonlocal.tasks.video_classification.Evaluator`. "
                f"Received: evaluator={evaluator!r}"
            )
        self.evaluator, self.source, self.prefix = evaluator, read_source(source), prefix
        self.every_n_epochs, self.network, self.check = (
            positive_int("every_n_epochs", every_n_epochs),
            network,
            check,
        )
        self.scores: Scores | None = None
        figure = "mean_average_precision" if self.source.multi_label else "top1"
        self.monitor = prefix + figure

    def on_train_begin(self, logs=None):
        if self.check:
            self.evaluator.check(self._tested, self.source)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every_n_epochs:
            return
        self.scores = self.evaluator.evaluate(
            self._tested, self.source, progress=False, check=False
        )
        if logs is not None:
            figures = summary(self.scores, intervals=False)
            logs.update({f"{self.prefix}{name}": value for name, value in figures.items()})

    @property
    def _tested(self) -> keras.Model:
        return self.model if self.network is None else self.network
