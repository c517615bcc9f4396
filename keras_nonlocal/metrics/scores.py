"""The probabilities that a network gives to the examples of a data set, and their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Scores:
    """The predictions of a network for a data set, one row for each example.

    Attributes:
        paths: The path or name of each example.
        class_names: The classes of the network's outputs, in order.
        targets: The true classes: int64 `(examples,)`, or float32 `(examples, classes)` of zeros
            and ones where an example may have several labels.
        probabilities: float32 `(examples, classes)`, averaged over the views of each example.
        ranks: int32 `(examples, views)`: how many classes a view ranks before the true one. `None`
            where an example may have several labels.

    Raises:
        ValueError: The arrays do not fit each other, or `probabilities` are not in [0, 1].

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
        check_array("probabilities", self.probabilities, "float32", (examples, classes))
        if not ((self.probabilities >= 0) & (self.probabilities <= 1.001)).all():
            raise ValueError(
                "`probabilities` must be between 0 and 1: the last activation of the network must "
                f"be a softmax or a sigmoid. Received: {_value_range(self.probabilities)}"
            )
        if self.multi_label:
            check_array("targets", self.targets, "float32", (examples, classes))
            if not np.isin(self.targets, (0, 1)).all():
                raise ValueError(
                    "`targets` must be zeros and ones where an example may have several labels. "
                    f"Received: {_value_range(self.targets)}"
                )
            if self.ranks is not None:
                raise ValueError("`ranks` must be None where an example may have several labels.")
            return
        check_array("targets", self.targets, "int64", (examples,))
        if examples and not 0 <= self.targets.min() <= self.targets.max() < classes:
            raise ValueError(
                f"`targets` must be indices of {classes} classes. "
                f"Received: {_value_range(self.targets)}"
            )
        check_array("ranks", self.ranks, "int32", (examples, None))

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def multi_label(self) -> bool:
        """Whether an example may have several labels."""
        return np.ndim(self.targets) == 2

    def rows(self, indices) -> Scores:
        """Returns the examples with these indices, in this order."""
        return Scores(
            tuple(self.paths[index] for index in indices),
            self.class_names,
            self.targets[indices],
            self.probabilities[indices],
            None if self.ranks is None else self.ranks[indices],
        )


def ranks_of(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Counts the classes that rank before the true class; lower indices win ties.

    Args:
        probabilities: `(..., classes)`, finite.
        targets: Index of the true class, `(...)`.

    Returns:
        int32 `(...)`.

    Example:

    >>> ranks_of(np.array([[0.5, 0.3, 0.2], [0.4, 0.2, 0.4]]), np.array([1, 2])).tolist()
    [1, 1]
    """
    targets = np.asarray(targets)[..., None]
    true = np.take_along_axis(probabilities, targets, axis=-1)
    indices = np.arange(probabilities.shape[-1])
    before = (probabilities > true) | ((probabilities == true) & (indices < targets))
    return before.sum(axis=-1, dtype="int32")


def check_array(name: str, array: Any, dtype: str, shape: Sequence[int | None]) -> None:
    """Raises a `ValueError` unless the array has this dtype and shape; `None` is any size."""
    fits = getattr(array, "dtype", None) == dtype and len(shape) == np.ndim(array)
    if not fits or any(n not in (None, size) for n, size in zip(shape, array.shape, strict=True)):
        expected = str(tuple(shape)).replace("None", "views")
        received = f"{getattr(array, 'dtype', type(array).__name__)} {np.shape(array)}"
        raise ValueError(f"`{name}` must be {dtype} {expected}. Received: {received}")


def _value_range(array: np.ndarray) -> str:
    return f"values from {array.min()} to {array.max()}"
