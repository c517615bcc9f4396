"""Recipe -> learning rate, step by step."""

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
    """The learning rate of a recipe, for a Keras optimizer.

    A drop at time `t` counts from the step after so many: the official code's step number `t`
    from 0 is the first that takes the lower rate. Times that fall between two steps are rounded.

    Args:
        recipe: What decides the rate.
        steps_per_epoch: Steps of an epoch; a recipe that counts in steps ignores it.

    Returns:
        A number if the rate never changes, or a schedule.

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
    """Rises evenly to what another schedule says at the end, and follows it from there.

    The other schedule is not shifted, as in PySlowFast: a cosine has already sunk a little when
    the warm-up ends. Source: Accurate, Large Minibatch SGD (arXiv:1706.02677), section 2.2.

    Args:
        schedule: The rate after the warm-up: a schedule, or a number.
        steps: How many steps the rate rises.
        start: The rate of the first step.

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
        self._end = float(self._later(self.steps))

    def __call__(self, step):
        later = self._later(step)
        rising = self.start + (self._end - self.start) * ops.cast(step, later.dtype) / self.steps
        return ops.where(step < self.steps, rising, later)

    def _later(self, step):
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
    last = [step(drop) - 1 for drop in recipe.milestones]  # Keras names the last step before a drop
    drops = range(len(last) + 1)
    rates = [recipe.learning_rate * recipe.decay_factor**count for count in drops]
    return schedules.PiecewiseConstantDecay(last, rates)


def _cosine(recipe: BaseRecipe, step: Callable) -> schedules.LearningRateSchedule:
    return schedules.CosineDecay(recipe.learning_rate, step(recipe.duration))


_SCHEDULES = {"constant": _constant, "steps": _steps, "cosine": _cosine}
