"""What the training loop asks of a task: any object with these parts can be trained by `fit`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import keras

from ..report.sections import Section
from .recipe import BaseRecipe


class Models(NamedTuple):
    """Two models that share their weights.

    Attributes:
        inference: Gives what users ask for, such as probabilities. Its weights are saved.
        trainer: Gives what the loss takes, such as logits. It is compiled and trained.
    """

    inference: keras.Model
    trainer: keras.Model


@dataclass(frozen=True)
class TrainingData:
    """What a run is trained on; a run goes on with the same data only.

    Attributes:
        source: What it is called.
        examples: How many there are in an epoch.
        class_names: By number.
        multi_label: Whether an example may be of several classes.
        digest: Of the examples' names, labels and parts, in order.
        validation: The same of the examples that the best weights are chosen by.
    """

    source: str
    examples: int
    class_names: tuple[str, ...]
    multi_label: bool
    digest: str
    validation: str | None = None


class Validation(Protocol):
    """A Keras callback that tests the network at the end of each epoch.

    It adds its numbers to the epoch's logs, under names that begin with `val_`.

    Attributes:
        monitor: Name of the number by which the best weights are chosen; higher is better.
        scores: What the latest test found, as `Task.sections` takes it; `None` before the first.
    """

    monitor: str
    scores: Any

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tests, and adds to the logs."""


class Task(Protocol):
    """What is learned, from which data, and how it is tested.

    Attributes:
        recipe: How to train.
        data: What on.
    """

    @property
    def recipe(self) -> BaseRecipe: ...

    @property
    def data(self) -> TrainingData: ...

    def build(self, *, read_weights: bool = True) -> Models:
        """Makes the networks; `read_weights=False` leaves fresh weights, to be replaced anyway."""

    def loss(self) -> keras.losses.Loss:
        """The loss of the trainer's outputs."""

    def metrics(self) -> list[keras.metrics.Metric]:
        """What is measured of the trainer's outputs while it trains."""

    def batches(self, *, first: int = 0, shard: tuple[int, int] = (0, 1)) -> Iterable:
        """An endless `tf.data.Dataset` of batches from number `first` on.

        Batch `n` must depend on the recipe, the data and `n` alone. With `shard=(index, count)` it
        holds only that one of `count` equal parts of each batch.
        """

    def validation(self, model: keras.Model) -> Validation | None:
        """How `model`, the inference network, is tested after each epoch; `None` for not at all."""

    def score(self, model: keras.Model) -> Any:
        """Scores of the validation data; `None` where there is none."""

    def plan(self, *, measure: bool = True) -> Any:
        """What a run will take: steps, memory, hours; `print` shows it on a page."""

    def facts(self) -> Sequence[tuple[str, object]]:
        """Names and values for the top of the report: the network, the data."""

    def sections(self, scores: Any) -> Mapping[str, Section | None]:
        """What the report shows of scores, by the name of the picture that goes with each."""
