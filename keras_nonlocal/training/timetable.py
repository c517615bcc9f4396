"""The epochs and steps of a run, and those that remain after a part of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .recipe import BaseRecipe


class Span(NamedTuple):
    """One call of `fit`: epochs from `initial_epoch` to before `epochs`, of equal length."""

    first_step: int
    initial_epoch: int
    epochs: int
    steps_per_epoch: int

    @property
    def epochs_and_steps(self) -> dict[str, int]:
        """The arguments of `keras.Model.fit`."""
        names = ("initial_epoch", "epochs", "steps_per_epoch")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Timetable:
    """The duration of a run.

    Attributes:
        steps_per_epoch: Number of batches that show each example once; the first examples of the
            next epoch fill the last batch.
        steps: Number of steps of the whole run.

    Example:

    >>> for span in Timetable(steps_per_epoch=10, steps=35).spans(done=14):
    ...     print(*span)
    14 1 2 6
    20 2 3 10
    30 3 4 5
    """

    steps_per_epoch: int
    steps: int

    @classmethod
    def of(cls, recipe: BaseRecipe, examples: int) -> Timetable:
        """Returns the timetable of a recipe for this number of examples."""
        steps_per_epoch = -(-examples // recipe.batch_size)
        return cls(steps_per_epoch, recipe.steps or steps_per_epoch * recipe.duration)

    @property
    def epochs(self) -> int:
        """Number of epochs; the last one may be shorter."""
        return -(-self.steps // self.steps_per_epoch)

    def spans(self, done: int) -> list[Span]:
        """Returns what remains after `done` steps: part of an epoch, whole epochs, a shorter one.

        Each span needs its own call of `keras.Model.fit`, which cannot start within an epoch.
        """
        spans, step = [], done
        while step < self.steps:
            epoch, within = divmod(step, self.steps_per_epoch)
            whole_epochs = 0 if within else (self.steps - step) // self.steps_per_epoch
            length = min(self.steps_per_epoch - within, self.steps - step)
            spans.append(Span(step, epoch, epoch + max(whole_epochs, 1), length))
            step += max(whole_epochs, 1) * length
        return spans
