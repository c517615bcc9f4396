"""The interface between the training loop and a task: `fit` trains any object with these parts."""

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
        inference: The model that users call; it returns, for example, probabilities. Its weights
            are saved.
        trainer: The model that is compiled and trained; it returns what the loss takes, for
            example logits.

    Example:
        inputs = keras.Input((32, 32, 3))
        logits = keras.layers.Dense(10)(keras.layers.Flatten()(inputs))
        Models(keras.Model(inputs, keras.ops.softmax(logits)), keras.Model(inputs, logits))
    """

    inference: keras.Model
    trainer: keras.Model


@dataclass(frozen=True)
class TrainingData:
    """A description of the data of a run, which resumes only with the same data.

    Attributes:
        source: Name of the data.
        examples: Number of examples in an epoch.
        class_names: Names of the classes, in the order of the outputs.
        multi_label: Whether an example may have several labels.
        digest: A hash of the names, labels, splits and order of the examples.
        validation: The same hash for the validation data; `None` without validation.

    Example:

    >>> TrainingData("digits", 1000, ("zero", "one"), False, digest="v1").examples
    1000
    """

    source: str
    examples: int
    class_names: tuple[str, ...]
    multi_label: bool
    digest: str
    validation: str | None = None


class Validation(Protocol):
    """A Keras callback that evaluates the network at the end of each epoch.

    It adds its metrics to the logs of the epoch, under names that begin with `val_`.

    Attributes:
        monitor: Name of the metric that selects the best weights; higher is better.
        scores: The result of the last evaluation, for `Task.sections`; `None` before the first.
    """

    monitor: str
    scores: Any

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluates the network, and adds the metrics to the logs."""


class Task(Protocol):
    """A task: its network, its data, and how the network is evaluated.

    Attributes:
        recipe: The recipe by which the network is trained.
        data: A description of the training data.

    Example:
        task = VideoClassification(find_recipe("nl_i3d_r50_32x2"), "kinetics")
        run = fit(task, "runs/kinetics")
    """

    @property
    def recipe(self) -> BaseRecipe: ...

    @property
    def data(self) -> TrainingData: ...

    def build(self, *, read_weights: bool = True) -> Models:
        """Builds the models; `read_weights=False` skips weights that a checkpoint will replace."""

    def loss(self) -> keras.losses.Loss:
        """Returns the loss of the trainer's outputs."""

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns the metrics of the trainer's outputs during training."""

    def batches(self, *, first: int = 0, shard: tuple[int, int] = (0, 1)) -> Iterable:
        """Returns an endless `tf.data.Dataset` of batches, starting with batch number `first`.

        Batch `n` must depend only on the recipe, the data and `n`. With `shard=(index, count)`,
        the dataset holds the part of each batch with this index, of `count` equal parts.
        """

    def validation(self, model: keras.Model) -> Validation | None:
        """Returns the callback that evaluates the inference model; `None` without validation."""

    def score(self, model: keras.Model) -> Any:
        """Evaluates the model on the validation data; returns `None` without validation data."""

    def plan(self, *, measure: bool = True) -> Any:
        """Estimates the steps, memory and time of a run; `print` shows the result."""

    def facts(self) -> Sequence[tuple[str, object]]:
        """Returns names and values for the top of the report: the network, the data."""

    def sections(self, scores: Any) -> Mapping[str, Section | None]:
        """Returns the sections of the report, by the file name of their plot."""
