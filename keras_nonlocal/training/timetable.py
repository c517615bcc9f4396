"""Epochs and steps of a run, and what is left of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .recipe import BaseRecipe


class Span(NamedTuple):
    """What one call of `fit` does: epochs from one number to before another, of equal steps."""

    first_step: int
    initial_epoch: int
    epochs: int
    steps_per_epoch: int

    @property
    def epochs_and_steps(self) -> dict[str, int]:
        """As `keras.Model.fit` takes them."""
        names = ("initial_epoch", "epochs", "steps_per_epoch")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Timetable:
    """How long a run is.

    Attributes:
        steps_per_epoch: So many that each example comes once, and the first of the next epoch fill
            the last batch.
        steps: In all.

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
        """The timetable of a recipe on so many examples."""
        per_epoch = -(-examples // recipe.batch_size)
        return cls(per_epoch, recipe.steps or per_epoch * recipe.duration)

    @property
    def epochs(self) -> int:
        """How many, the last one maybe shorter."""
        return -(-self.steps // self.steps_per_epoch)

    def spans(self, done: int) -> list[Span]:
        """What is left after so many steps: rest of an epoch, whole ones, a shorter last one."""
        first, within = divmod(done, self.steps_per_epoch)
        whole, rest = divmod(self.steps, self.steps_per_epoch)
        spans = []
        if within and first < whole:
            spans.append(Span(done, first, first + 1, self.steps_per_epoch - within))
            first, within = first + 1, 0
        if first < whole:
            spans.append(Span(first * self.steps_per_epoch, first, whole, self.steps_per_epoch))
            first = whole
        if first == whole and rest > within:
            begin = whole * self.steps_per_epoch + within
            spans.append(Span(begin, whole, whole + 1, rest - within))
        return spans
