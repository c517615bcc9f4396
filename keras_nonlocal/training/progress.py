"""The progress of a run, as a checkpoint holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PartialEpoch:
    """The steps of an epoch so far, their duration in seconds, and the means of the logs."""

    steps: int = 0
    seconds: float = 0.0
    means: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: PartialEpoch) -> PartialEpoch:
        if not other.steps:
            return self
        steps = self.steps + other.steps
        means = {
            name: (self.steps * self.means.get(name, mean) + other.steps * mean) / steps
            for name, mean in other.means.items()
        }
        return PartialEpoch(steps, self.seconds + other.seconds, means)


@dataclass(frozen=True)
class Progress:
    """The number of steps so far, a row of metrics for each epoch, and the current epoch."""

    step: int = 0
    history: tuple[Mapping[str, Any], ...] = ()
    partial_epoch: PartialEpoch = field(default_factory=PartialEpoch)

    def __post_init__(self):
        for row in self.history:
            values = {"epoch": None, "step": None, "seconds": None, **row}
            if not all(isinstance(value, int | float) for value in values.values()):
                raise ValueError(f"`history` must be rows of numbers. Received: {values!r:.200}")
