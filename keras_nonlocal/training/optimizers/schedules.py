"""Learning rate schedules of recipes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import keras
from keras import ops
from keras.optimizers import schedules

from ...utils.checks import at_least, positive_int
from ..recipe import BaseRecipe

Rate: TypeAlias = float | schedules.LearningRateSchedule


def learning_rate(recipe: BaseRecipe, steps_per_epoch: int) -> Rate:
    """Creates the learning rate of a recipe for a Keras optimizer.

    With a milestone at step `t`, counted from 0, step `t` is the first with the lower rate, as in
    the official code. Milestones between two steps are rounded.

    Args:
        recipe: The recipe, with schedule, warm-up and duration.
        steps_per_epoch: Number of steps in an epoch; ignored if the recipe counts in steps.

    Returns:
        A number if the learning rate is constant, else a schedule.

    Raises:
        ValueError: `steps_per_epoch` is not a positive integer.

    Example:

    >>> paper = BaseRecipe(
    ...     task="paper", steps=400_000, schedule="steps", milestones=(150_000, 300_000)
    ... )
    >>> rate = learning_rate(paper, steps_per_epoch=1)
    >>> [round(float(rate(step)), 6) for step in (0, 149_999, 150_000, 300_000)]
    [0.01, 0.01, 0.001, 0.0001]
    """
    positive_int("steps_per_epoch", steps_per_epoch)

    def step(time: float) -> int:
        return round(time * (1 if recipe.epochs is None else steps_per_epoch))

    rate = _SCHEDULES[recipe.schedule](recipe, step)
    steps = step(recipe.warmup)
    return Warmup(rate, steps, recipe.warmup_rate) if steps else rate


@keras.saving.register_keras_serializable("keras_nonlocal")
class Warmup(schedules.LearningRateSchedule):
    """A linear warm-up, followed by another learning rate schedule.

    The other schedule is not shifted, as in PySlowFast: a cosine is already slightly below its
    maximum when the warm-up ends. Source: Accurate, Large Minibatch SGD (arXiv:1706.02677),
    section 2.2.

    Args:
        schedule: The learning rate after the warm-up: a schedule or a number.
        steps: Number of steps of the warm-up.
        start: Learning rate of the first step.

    Raises:
        ValueError: `steps` is not a positive integer, or `start` is negative.

    Example:

    >>> rate = Warmup(0.1, steps=4, start=0.02)
    >>> [round(float(rate(step)), 3) for step in range(6)]
    [0.02, 0.04, 0.06, 0.08, 0.1, 0.1]
    """

    def __init__(self, schedule: Rate, steps: int, start: float = 0.0):
        super().__init__()
        self.schedule = schedule
        self.steps = positive_int("steps", steps)
        self.start = at_least("start", start, 0)
        self._end = float(self._after_warmup(self.steps))

    def __call__(self, step):
        later = self._after_warmup(step)
        rising = self.start + (self._end - self.start) * ops.cast(step, later.dtype) / self.steps
        return ops.where(step < self.steps, rising, later)

    def _after_warmup(self, step):
        rate = self.schedule(step) if callable(self.schedule) else self.schedule
        return ops.cast(rate, "float32")

    def get_config(self):
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "steps": self.steps, "start": self.start}

    @classmethod
    def from_config(cls, config):
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(**{**config, "schedule": schedule})


def _constant(recipe: BaseRecipe, step: Callable) -> float:
    return float(recipe.learning_rate)


def _steps(recipe: BaseRecipe, step: Callable) -> schedules.LearningRateSchedule:
    boundaries = [step(time) - 1 for time in recipe.milestones]  # the last steps of the old rates
    rates = [recipe.learning_rate * recipe.decay_factor**n for n in range(len(boundaries) + 1)]
    return schedules.PiecewiseConstantDecay(boundaries, rates)


def _cosine(recipe: BaseRecipe, step: Callable) -> schedules.LearningRateSchedule:
    return schedules.CosineDecay(recipe.learning_rate, step(recipe.duration))


def _poly(recipe: BaseRecipe, step: Callable) -> schedules.LearningRateSchedule:
    ends = recipe.learning_rate, step(recipe.duration), recipe.final_rate
    return schedules.PolynomialDecay(*ends, power=recipe.power)


_SCHEDULES = {"constant": _constant, "steps": _steps, "cosine": _cosine, "poly": _poly}
