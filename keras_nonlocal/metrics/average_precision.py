"""Average precision of all classes at once, of any choice of the examples, sorted only once."""

from __future__ import annotations

import numpy as np


class Precisions:
    """The average precisions of chosen examples, which may be chosen several times each.

    Args:
        probabilities: `(examples, classes)`.
        targets: Which classes the examples show, 0 or 1, `(examples, classes)`.

    Example:

    >>> precisions = Precisions(np.array([[0.9], [0.8], [0.7]]), np.array([[1], [0], [1]]))
    >>> precisions(np.array([0, 1, 2])).round(3), precisions(np.array([0, 2, 2]))
    (array([0.833]), array([1.]))
    """

    def __init__(self, probabilities: np.ndarray, targets: np.ndarray):
        self._order = np.argsort(-probabilities, axis=0, kind="stable")
        self._shown = np.take_along_axis(targets, self._order, axis=0) > 0
        self._last = _last_equal(np.take_along_axis(probabilities, self._order, axis=0))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """float64 `(classes,)`; NaN where none of the examples shows the class."""
        times = np.bincount(rows, minlength=len(self._order))[self._order]
        found = times * self._shown
        above = np.take_along_axis(times.cumsum(axis=0), self._last, axis=0)
        right = np.take_along_axis(found.cumsum(axis=0), self._last, axis=0)
        shown = found.sum(axis=0)
        total = (found * (right / np.maximum(above, 1))).sum(axis=0)
        return np.where(shown > 0, total / np.maximum(shown, 1), np.nan)


def _last_equal(values: np.ndarray) -> np.ndarray:
    """For each row of sorted columns, the last row with an equal value: they share a threshold."""
    rows = np.broadcast_to(np.arange(len(values))[:, None], values.shape)
    is_last = np.ones(values.shape, bool)
    is_last[:-1] = values[:-1] != values[1:]
    ends = np.where(is_last, rows, len(values))
    return np.minimum.accumulate(ends[::-1], axis=0)[::-1]
