"""What a network says about each example of a test: a row an example."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Scores:
    """What a network says about each example.

    Attributes:
        paths: The examples.
        class_names: Of the network's outputs.
        targets: What is in the examples: int64 `(examples,)`, or float32 `(examples, classes)` of 0
            and 1 where an example may show several classes.
        probabilities: float32 `(examples, classes)`, each the mean over the views of an example.
        ranks: int32 `(examples, views)`: how many classes a view puts before the true one; `None`
            where an example may show several.

    Raises:
        ValueError: The parts do not fit each other, or `probabilities` are none.

    Example:

    >>> probabilities = np.array([[0.75, 0.25], [0.5, 0.5]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> len(scores), scores.multi_label
    (2, False)
    """

    paths: tuple[str, ...]
    class_names: tuple[str, ...]
    targets: np.ndarray
    probabilities: np.ndarray
    ranks: np.ndarray | None = None

    def __post_init__(self):
        examples, classes = len(self.paths), len(self.class_names)
        shaped("probabilities", self.probabilities, "float32", (examples, classes))
        if not ((self.probabilities >= 0) & (self.probabilities <= 1.001)).all():
            raise ValueError(
                "`probabilities` must lie from 0 to 1; is the last activation of the network a "
                f"softmax or sigmoid? Received: {_extent(self.probabilities)}"
            )
        if self.multi_label:
            shaped("targets", self.targets, "float32", (examples, classes))
            if self.ranks is not None:
                raise ValueError("`ranks` must be None where an example may show several classes.")
            return
        shaped("targets", self.targets, "int64", (examples,))
        if examples and not 0 <= self.targets.min() <= self.targets.max() < classes:
            raise ValueError(
                f"`targets` must be numbers of {classes} classes. Received: {_extent(self.targets)}"
            )
        shaped("ranks", self.ranks, "int32", (examples, None))

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def multi_label(self) -> bool:
        """Whether an example may show several classes."""
        return np.ndim(self.targets) == 2

    def rows(self, chosen) -> Scores:
        """Some of the examples, or in another order, by their numbers."""
        return Scores(
            tuple(self.paths[row] for row in chosen),
            self.class_names,
            self.targets[chosen],
            self.probabilities[chosen],
            None if self.ranks is None else self.ranks[chosen],
        )


def shaped(name: str, array: Any, dtype: str, shape: Sequence[int | None]) -> None:
    """Raises unless an array is of the type and shape that the others ask for."""
    right = getattr(array, "dtype", None) == dtype and len(shape) == np.ndim(array)
    if not right or any(want not in (None, n) for want, n in zip(shape, array.shape, strict=True)):
        wanted = str(tuple(shape)).replace("None", "views")
        found = f"{getattr(array, 'dtype', type(array).__name__)} {np.shape(array)}"
        raise ValueError(f"`{name}` must be {dtype} {wanted}. Received: {found}")


def _extent(array: np.ndarray) -> str:
    return f"from {array.min()} to {array.max()}"
