"""A Keras callback that evaluates the network on whole videos during training."""

from __future__ import annotations

from typing import Any

import keras

from ...metrics.metrics import summary
from ...metrics.scores import Scores
from ...utils.checks import positive_int
from ...video.shards.evaluation import read_videos
from .evaluator import Evaluator


class Evaluation(keras.callbacks.Callback):
    """Evaluates the network at the end of epochs, and adds the metrics to the logs.

    The metrics are those of `keras_nonlocal.metrics.summary`, with `prefix` before their names,
    such as `val_top1`. Callbacks that come later in the list can monitor them.

    Args:
        evaluator: The evaluator.
        source: Labeled videos, in any form that `keras_nonlocal.data.read_source` reads, or a
            folder of shards. If the source has fewer classes than the network, call `read_source`
            with `class_names` first.
        every_n_epochs: Number of epochs between evaluations.
        prefix: Prefix of the names of the metrics.
        network: The model to evaluate, if it is not the model in training but shares its weights.
        check: Whether to check before the first epoch that all files exist and fit.

    Attributes:
        scores: Scores of the last evaluation; `None` before the first.
        monitor: Name of the metric that selects the best weights; higher is better.

    Raises:
        ValueError: `every_n_epochs` is not a positive integer, or the source cannot be read.

    Example:

        evaluation = Evaluation(Evaluator(clip), "actions/val", every_n_epochs=5)
        best = keras.callbacks.ModelCheckpoint("best.keras", "val_top1", mode="max")
        model.fit(train, epochs=100, callbacks=[evaluation, best])
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
        self.evaluator, self.source, self.prefix = evaluator, read_videos(source), prefix
        self.every_n_epochs = positive_int("every_n_epochs", every_n_epochs)
        self.network, self.check = network, check
        self.scores: Scores | None = None
        self.monitor = prefix + ("mean_average_precision" if self.source.multi_label else "top1")

    def on_train_begin(self, logs=None):
        if self.check:
            self.evaluator.check(self._evaluated, self.source)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every_n_epochs:
            return
        self.scores = self.evaluator.evaluate(
            self._evaluated, self.source, progress=False, check=False
        )
        if logs is not None:
            metrics = summary(self.scores, intervals=False)
            logs.update({f"{self.prefix}{name}": value for name, value in metrics.items()})

    @property
    def _evaluated(self) -> keras.Model:
        return self.model if self.network is None else self.network
