"""What a run will take, before it is begun: steps, memory, multiply-adds, hours."""

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

# Clips of a measured step: few, so that a network meant for many devices fits into this machine.
MEASURED_CLIPS = 2


@dataclass(frozen=True)
class TrainingPlan:
    """What a run will take. `print` it for a page.

    Attributes:
        recipe: Of the run.
        clips, classes: Of the data.
        timetable: Epochs and steps.
        parameters: Trained numbers.
        macs: Multiply-adds of a clip, forward; a training step takes about three times as many.
        bytes: Estimate of what a step of the whole batch holds on all devices together.
        blocks: The table of `keras_nonlocal.cost.plan`, empty without non-local blocks.
        seconds_per_clip: Measured here, on real clips; `None` if that was not wanted.
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
        """Of the whole run on this machine, as far as a few steps tell."""
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
            ("network", f"{self.recipe.builder}, {self.parameters:,} trained numbers"),
            ("clips", f"{shape}, {batch} a step"),
            ("steps", f"{self.timetable.steps:,} in {self.timetable.epochs:,} epochs"),
            ("multiply-adds", f"{self.macs / 1e9:,.2f} G a clip, about three times that to train"),
            ("memory", f"about {self.bytes / 1e9:,.2f} GB a step, all devices together"),
            ("time", hours),
        ]
        page = "\n".join(f"{name:<15}{value}" for name, value in rows)
        if not self.blocks:
            return page
        return f"{page}\n\nNon-local blocks, for the whole batch:\n{self.blocks}"


def plan_of(task: Any, *, measure: bool = True) -> TrainingPlan:
    """Tells what a run of `VideoClassification` will take; see `tasks.plan_training`."""
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
        + 3 * 4 * cost.parameters,  # weights, gradients, momenta
        blocks=blocks,
        seconds_per_clip=_seconds_per_clip(task, network.trainer) if measure else None,
    )


def input_shape(recipe: VideoRecipe) -> tuple[int, int, int, int]:
    """Of a clip as the network sees it in training.

    Raises:
        ValueError: Neither the recipe nor its layers decide the size.
    """
    shape: tuple = (1, recipe.num_frames, *(recipe.size or (None, None)), 3)
    for layer in recipe.layers():
        shape = layer.compute_output_shape(shape)
    height, width = recipe.track_motion or shape[2:4]
    if height is None or width is None:
        raise ValueError(
            "A plan needs clips of a known size. Set `size` in the recipe, or add a layer to "
            f"`augmentation` that crops. Received: size={recipe.size}"
        )
    return (recipe.num_frames, height, width, 3)


def _seconds_per_clip(task: Any, trainer: keras.Model, steps: int = 3) -> float:
    """Of whole training steps with their input; the first, which traces, is left out."""
    few = task.recipe.changed(batch_size=min(task.recipe.batch_size, MEASURED_CLIPS))
    rate = learning_rate(task.recipe, steps_per_epoch=1)
    trainer.compile(optimizer(task.recipe, rate, trainer), task.loss(), metrics=task.metrics())
    clips = training_clips(few, task.videos, check=False)
    batches = clips.as_numpy_iterator()  # as any backend takes them
    trainer.train_on_batch(*next(batches))
    began = time.perf_counter()
    for _ in range(steps):
        trainer.train_on_batch(*next(batches))
    return (time.perf_counter() - began) / (steps * few.batch_size)


def _hours(hours: float, seconds: float | None) -> str:
    lasts = f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.1f} minutes"
    return f"about {lasts} on this machine ({seconds:.3f} s a clip)"
