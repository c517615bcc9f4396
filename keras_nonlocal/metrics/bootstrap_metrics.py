"""Figures of any choice of the examples: what they have in common is prepared once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..utils.checks import positive_int
from .average_precision import Precisions
from .ranks import ranks_of
from .scores import Scores

# Of the examples with these numbers; an example may occur several times.
OfRows = Callable[[np.ndarray], float]


def top_k(scores: Scores, k: int) -> OfRows:
    check_single(scores, "Top-k accuracy")
    _check_k(scores, k)
    return _mean_of(ranks_of(scores.probabilities, scores.targets) < k)


def view_top_k(scores: Scores, k: int) -> OfRows:
    _check_k(scores, k)
    if scores.ranks is None:
        raise ValueError(_NOT_SINGLE.format(what="Top-k accuracy"))
    return _mean_of((scores.ranks < k).mean(axis=1))


def _mean_of(values: np.ndarray) -> OfRows:
    return lambda rows: float(values[rows].mean())


def mean_class_accuracy(scores: Scores) -> OfRows:
    check_single(scores, "Accuracy")
    right = scores.probabilities.argmax(axis=1) == scores.targets

    def accuracy(rows):
        examples = np.bincount(scores.targets[rows])
        found = np.bincount(scores.targets[rows], weights=right[rows])
        return float((found[examples > 0] / examples[examples > 0]).mean())

    return accuracy


def mean_average_precision(scores: Scores) -> OfRows:
    of_rows = precisions(scores)
    if not scores.targets.any():
        raise ValueError("`scores` must have an example that shows a class. Received: none")

    def mean(rows):
        of_classes = of_rows(rows)
        shown = ~np.isnan(of_classes)
        return float(of_classes[shown].mean()) if shown.any() else np.nan

    return mean


def precisions(scores: Scores) -> Precisions:
    if not scores.multi_label:
        raise ValueError(
            "Average precision is of examples that may show several classes. "
            f"Received: targets of one class each, {scores.targets.dtype} {scores.targets.shape}"
        )
    return Precisions(scores.probabilities, scores.targets)


def all_rows(scores: Scores) -> np.ndarray:
    if not len(scores):
        raise ValueError("`scores` must be of at least one example. Received: none")
    return np.arange(len(scores))


_NOT_SINGLE = (
    "{what} is of examples of one class each, and these may show several. "
    "Take `mean_average_precision`."
)


def check_single(scores: Scores, what: str) -> None:
    if scores.multi_label:
        raise ValueError(_NOT_SINGLE.format(what=what))


def _check_k(scores: Scores, k: int) -> None:
    if positive_int("k", k) > len(scores.class_names):
        raise ValueError(
            f"`k` must be at most the number of classes, {len(scores.class_names)}. Received: k={k}"
        )
