"""An estimate of what a run needs: steps, memory, multiply-adds, hours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras

from ..cost.attention_plan import plan
from ..cost.flops import flops
from ..cost.memory import training_bytes
from ..layers.base_non_local import BaseNonLocal
from ..training.optimizers.factory import optimizer
from ..training.optimizers.schedules import learning_rate
from ..training.recipe import BaseRecipe
from ..training.task import Models
from ..training.timetable import Timetable

# Few examples in a measured step, so that a network for many devices fits into this machine.
MEASURED_EXAMPLES = 2


class Part(NamedTuple):
    """A part of a network, the shape of its input, and how often it is applied to an example."""

    model: keras.Model
    shape: tuple[int, ...]
    times: int


@dataclass(frozen=True)
class TrainingPlan:
    """An estimate of what a run needs; `print` shows it as a page.

    Attributes:
        recipe: Recipe of the run.
        network: Name of the builder.
        shape: Shape of an input of the network in training.
        files, inputs: What an example is called when it is counted: "videos" that become "clips".
        examples, classes: Number of training examples in an epoch, and of classes.
        timetable: Epochs and steps of the run.
        parameters: Number of trained parameters.
        macs: Multiply-adds of an example in the forward pass; a training step needs about three
            times as many.
        bytes: Estimated memory of a step of the whole batch, on all devices together.
        blocks: The table of `keras_nonlocal.cost.plan`; empty without non-local blocks.
        seconds_per_example: Training time of an example on this machine; `None` if it was not
            measured.
        notes: Further lines of the page, each with its name, such as what a task knows of its data.
    """

    recipe: BaseRecipe
    network: str
    shape: tuple[int, ...]
    files: str
    inputs: str
    examples: int
    classes: int
    timetable: Timetable
    parameters: int
    macs: int
    bytes: int
    blocks: str
    seconds_per_example: float | None
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def hours(self) -> float | None:
        """Estimated duration of the run on this machine; `None` if no steps were measured."""
        if self.seconds_per_example is None:
            return None
        return self.timetable.steps * self.recipe.batch_size * self.seconds_per_example / 3600

    def __str__(self) -> str:
        batch, one = self.recipe.batch_size, self.inputs.removesuffix("s")
        shape = " x ".join(map(str, self.shape[:-1]))
        hours = (
            "not measured"
            if self.hours is None
            else _hours(self.hours, self.seconds_per_example, one)
        )
        rows = [
            ("recipe", self.recipe.about or self.network),
            ("data", f"{self.examples:,} {self.files} of {self.classes} classes"),
            ("network", f"{self.network}, {self.parameters:,} trained parameters"),
            (self.inputs, f"{shape}, {batch} in each step"),
            *self.notes,
            ("steps", f"{self.timetable.steps:,} in {self.timetable.epochs:,} epochs"),
            (
                "multiply-adds",
                f"{self.macs / 1e9:,.2f} G per {one}, about three times as many in training",
            ),
            ("memory", f"about {self.bytes / 1e9:,.2f} GB in each step, on all devices together"),
            ("time", hours),
        ]
        page = "\n".join(f"{name:<15}{value}" for name, value in rows)
        if not self.blocks:
            return page
        return f"{page}\n\nNon-local blocks, for the whole batch:\n{self.blocks}"


def plan_of(
    task: Any,
    shape: tuple[int, ...],
    batches: Callable[..., Any] | None,
    parts: Callable[[Models], list[Part]] | None = None,
    /,
    **words: Any,
) -> TrainingPlan:
    """Estimates what a run needs; see `tasks.plan_training`.

    Args:
        task: The task.
        shape: Shape of an input of the network in training.
        batches: From a recipe to its training batches, to measure steps; `None` measures none.
        parts: From the models to the parts of which they consist; `None` counts them as a whole.
        **words: The network, and what examples are called: `network`, `files`, `inputs`.
    """
    recipe = task.recipe
    network = task.build(read_weights=False)
    trained = [Part(network.trainer, shape, 1)] if parts is None else parts(network)
    counted = [Part(network.inference, shape, 1)] if parts is None else trained
    costs = [flops(part.model, part.shape) for part in counted]
    parameters = sum(cost.parameters for cost in costs)
    blocks = [
        str(plan(part.model, part.shape, recipe.batch_size * part.times))
        for part in counted
        if any(isinstance(layer, BaseNonLocal) for layer in part.model.layers)
    ]
    activations = sum(part.times * training_bytes(part.model, part.shape) for part in trained)
    return TrainingPlan(
        recipe=recipe,
        shape=shape,
        **words,
        examples=task.data.examples,
        classes=len(task.data.class_names),
        timetable=Timetable.of(recipe, task.data.examples),
        parameters=parameters,
        macs=sum(part.times * cost.total_macs for part, cost in zip(counted, costs, strict=True)),
        bytes=recipe.batch_size * activations
        + 3 * 4 * parameters,  # weights, gradients and momentum in float32
        blocks="\n".join(blocks),
        seconds_per_example=batches and _seconds(task, network.trainer, batches),
    )


def _seconds(task: Any, trainer: keras.Model, batches: Callable, steps: int = 3) -> float:
    """Training time of an example with its input, without the first step, which is traced."""
    few = task.recipe.changed(batch_size=min(task.recipe.batch_size, MEASURED_EXAMPLES))
    rate = learning_rate(task.recipe, steps_per_epoch=1)
    trainer.compile(optimizer(task.recipe, rate, trainer), task.loss(), metrics=task.metrics())
    arrays = batches(few).as_numpy_iterator()  # NumPy arrays suit any backend
    trainer.train_on_batch(*next(arrays))
    start = time.perf_counter()
    for _ in range(steps):
        trainer.train_on_batch(*next(arrays))
    return (time.perf_counter() - start) / (steps * few.batch_size)


def _hours(hours: float, seconds: float | None, one: str) -> str:
    duration = f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
    return f"about {duration} on this machine ({seconds:.3f} s per {one})"
