"""An estimate of what a run needs: steps, memory, multiply-adds, hours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import keras

from ...cost.attention_plan import plan
from ...cost.flops import flops
from ...cost.memory import training_bytes
from ...layers.non_local import NON_LOCAL_LAYERS
from ...training.optimizers.factory import optimizer
from ...training.optimizers.schedules import learning_rate
from ...training.timetable import Timetable
from .data import training_clips
from .recipe import VideoRecipe

# Few clips in a measured step, so that a network for many devices fits into this machine.
MEASURED_CLIPS = 2


@dataclass(frozen=True)
class TrainingPlan:
    """An estimate of what a run needs; `print` shows it as a page.

    Attributes:
        recipe: Recipe of the run.
        clips, classes: Number of training clips in an epoch, and of classes.
        timetable: Epochs and steps of the run.
        parameters: Number of trained parameters.
        macs: Multiply-adds of a clip in the forward pass; a training step needs about three times
            as many.
        bytes: Estimated memory of a step of the whole batch, on all devices together.
        blocks: The table of `keras_nonlocal.cost.plan`; empty without non-local blocks.
        seconds_per_clip: Training time of a clip on this machine; `None` if it was not measured.
    """

    recipe: VideoRecipe
    clips: int
    classes: int
    timetable: Timetable
    parameters: int
    macs: int
    bytes: int
    blocks: str
    seconds_per_clip: float | None

    @property
    def hours(self) -> float | None:
        """Estimated duration of the run on this machine; `None` if no steps were measured."""
        if self.seconds_per_clip is None:
            return None
        return self.timetable.steps * self.recipe.batch_size * self.seconds_per_clip / 3600

    def __str__(self) -> str:
        batch = self.recipe.batch_size
        shape = " x ".join(map(str, input_shape(self.recipe)[:-1]))
        hours = "not measured" if self.hours is None else _hours(self.hours, self.seconds_per_clip)
        rows = [
            ("recipe", self.recipe.about or self.recipe.builder),
            ("data", f"{self.clips:,} videos of {self.classes} classes"),
            ("network", f"{self.recipe.builder}, {self.parameters:,} trained parameters"),
            ("clips", f"{shape}, {batch} in each step"),
            ("steps", f"{self.timetable.steps:,} in {self.timetable.epochs:,} epochs"),
            (
                "multiply-adds",
                f"{self.macs / 1e9:,.2f} G per clip, about three times as many in training",
            ),
            ("memory", f"about {self.bytes / 1e9:,.2f} GB in each step, on all devices together"),
            ("time", hours),
        ]
        page = "\n".join(f"{name:<15}{value}" for name, value in rows)
        if not self.blocks:
            return page
        return f"{page}\n\nNon-local blocks, for the whole batch:\n{self.blocks}"


def plan_of(task: Any, *, measure: bool = True) -> TrainingPlan:
    """Estimates what a run of `VideoClassification` needs; see `tasks.plan_training`."""
    recipe = task.recipe
    timetable = Timetable.of(recipe, task.data.examples)
    network = task.build(read_weights=False)
    shape = input_shape(recipe)
    cost = flops(network.inference, shape)
    blocks = ""
    if any(isinstance(layer, NON_LOCAL_LAYERS) for layer in network.inference.layers):
        blocks = str(plan(network.inference, shape, recipe.batch_size))
    return TrainingPlan(
        recipe=recipe,
        clips=task.data.examples,
        classes=len(task.data.class_names),
        timetable=timetable,
        parameters=cost.parameters,
        macs=cost.total_macs,
        bytes=recipe.batch_size * training_bytes(network.trainer, shape)
        + 3 * 4 * cost.parameters,  # weights, gradients and momentum in float32
        blocks=blocks,
        seconds_per_clip=_seconds_per_clip(task, network.trainer) if measure else None,
    )


def input_shape(recipe: VideoRecipe) -> tuple[int, int, int, int]:
    """Returns the shape of a clip as the network receives it in training.

    Raises:
        ValueError: Neither the recipe nor its augmentation determines the size.
    """
    shape: tuple = (1, recipe.num_frames, *(recipe.size or (None, None)), 3)
    for layer in recipe.layers():
        shape = layer.compute_output_shape(shape)
    height, width = recipe.track_motion or shape[2:4]
    if height is None or width is None:
        raise ValueError(
            "The size of clips must be known. Set `size` in the recipe, or add a layer that crops "
            f"to `augmentation`. Received: size={recipe.size}"
        )
    return (recipe.num_frames, height, width, 3)


def _seconds_per_clip(task: Any, trainer: keras.Model, steps: int = 3) -> float:
    """Training time of a clip with its input, without the first step, which is traced."""
    few = task.recipe.changed(batch_size=min(task.recipe.batch_size, MEASURED_CLIPS))
    rate = learning_rate(task.recipe, steps_per_epoch=1)
    trainer.compile(optimizer(task.recipe, rate, trainer), task.loss(), metrics=task.metrics())
    clips = training_clips(few, task.videos, check=False)
    batches = clips.as_numpy_iterator()  # NumPy arrays suit any backend
    trainer.train_on_batch(*next(batches))
    start = time.perf_counter()
    for _ in range(steps):
        trainer.train_on_batch(*next(batches))
    return (time.perf_counter() - start) / (steps * few.batch_size)


def _hours(hours: float, seconds: float | None) -> str:
    duration = f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
    return f"about {duration} on this machine ({seconds:.3f} s per clip)"
