"""Accuracy and average precision of scores, with bootstrap confidence intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np

from ..utils.checks import one_of, positive_int
from .scores import Scores, ranks_of

# The metric of the examples with these indices, which may repeat. What all choices of examples
# have in common is computed once, when the function is made: the bootstrap calls it 1000 times.
RowMetric = Callable[[np.ndarray], float]


def top_k(scores: Scores, k: int) -> float:
    """Computes the fraction of examples whose true class is among the `k` most probable classes.

    Lower indices win ties.

    Args:
        scores: Scores of examples with one label each.
        k: Number of classes, at most that of `scores`.

    Returns:
        A value from 0 to 1.

    Raises:
        ValueError: `scores` are empty or of examples with several labels, or `k` is out of range.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> top_k(scores, 1), top_k(scores, 2)
    (0.5, 1.0)
    """
    hits = _hits(scores, k)
    return float(hits[_all_rows(scores)].mean())


def per_class_accuracy(scores: Scores) -> np.ndarray:
    """Computes the fraction of each class's examples that are classified correctly.

    Args:
        scores: Scores of examples with one label each.

    Returns:
        float64 `(classes,)`; NaN for a class without examples.

    Raises:
        ValueError: `scores` are of examples with several labels.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0], [1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> per_class_accuracy(scores)
    array([1., 0.])
    """
    counts = confusion(scores)
    examples = counts.sum(axis=1)
    return np.where(examples > 0, counts.diagonal() / np.maximum(examples, 1), np.nan)


def confusion(scores: Scores) -> np.ndarray:
    """Computes the confusion matrix: how often each class is predicted for each true class.

    Args:
        scores: Scores of examples with one label each.

    Returns:
        int64 `(true class, predicted class)`.

    Raises:
        ValueError: `scores` are of examples with several labels.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0], [1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> confusion(scores)
    array([[1, 0],
           [1, 0]])
    """
    _check_single_label(scores)
    classes = len(scores.class_names)
    pairs = scores.targets * classes + scores.probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def average_precisions(scores: Scores) -> np.ndarray:
    """Computes the average precision of each class: the area under precision over recall.

    For each example of the class, the precision among all examples that score at least as high is
    taken; the mean of these precisions is the area under the step curve.

    Args:
        scores: Scores of examples that may have several labels.

    Returns:
        float64 `(classes,)`; NaN for a class without examples.

    Raises:
        ValueError: `scores` are empty, or of examples with one label each.

    Example:

    >>> targets = np.array([[1], [0], [1]], "float32")
    >>> probabilities = np.array([[0.9], [0.8], [0.7]], "float32")
    >>> average_precisions(Scores(("a", "b", "c"), ("run",), targets, probabilities)).round(3)
    array([0.833])
    """
    return _average_precisions(scores)(_all_rows(scores))


def bootstrap_interval(
    scores: Scores,
    metric: str | Callable[[Scores], float],
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Computes a confidence interval of a metric by the percentile bootstrap.

    The metric is computed many times, each time on as many examples, drawn with replacement.
    Whole examples are drawn, because the views of one example are not independent. Where all
    examples are classified correctly, both bounds are one.

    Args:
        scores: Scores of the examples.
        metric: A name of `summary`, such as `"top1"`, or a function of `Scores`, which is slower.
        level: Confidence level, between 0 and 1.
        draws: Number of bootstrap samples.
        seed: Seed of the draws; the same seed gives the same bounds.

    Returns:
        The lower and the upper bound.

    Raises:
        ValueError: `scores` are empty, the metric is unknown, or a value is out of range.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> bootstrap_interval(scores, "top1")
    (0.0, 1.0)
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must be between 0 and 1. Received: level={level!r}")
    positive_int("draws", draws)
    examples, rng = len(_all_rows(scores)), np.random.default_rng(seed)
    if callable(metric):
        # A lambda, as the other branch assigns a function to the same name.
        of_rows: RowMetric = lambda rows: metric(scores.rows(rows))  # noqa: E731
    else:
        metrics = _metrics_of(scores)
        of_rows = metrics[one_of("metric", metric, metrics)]()
    values = [of_rows(rng.integers(examples, size=examples)) for _ in range(draws)]
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def summary(scores: Scores, *, intervals: bool = True) -> dict[str, float | tuple[float, float]]:
    """Computes the metrics of an evaluation by name.

    `top1` counts examples, whose views are averaged; `view_top1` counts single views. With more
    than five classes there are `top5` and `view_top5`, too. `mean_class_accuracy` weighs all
    classes equally. Where an example may have several labels, there is only
    `mean_average_precision`: the mean over the classes that have examples, as for Charades.

    Args:
        scores: Scores of the examples.
        intervals: Whether each metric is followed by its 95 % confidence interval, `(low, high)`,
            under its name with `_interval` added.

    Returns:
        A dictionary from names to values.

    Raises:
        ValueError: `scores` are empty, or no example has a label.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> summary(scores, intervals=False)
    {'top1': 0.5, 'view_top1': 0.75, 'mean_class_accuracy': 0.5}
    """
    values: dict[str, float | tuple[float, float]] = {}
    for name, make in _metrics_of(scores).items():
        values[name] = make()(_all_rows(scores))
        if intervals:
            values[f"{name}_interval"] = bootstrap_interval(scores, name)
    return values


def _metrics_of(scores: Scores) -> dict[str, Callable[[], RowMetric]]:
    """All metrics that these scores have, by name."""
    if scores.multi_label:
        return {"mean_average_precision": partial(_mean_average_precision, scores)}
    metrics: dict[str, Callable[[], RowMetric]] = {}
    for prefix, hits in (("", _hits), ("view_", _view_hits)):
        for k in (1, 5) if len(scores.class_names) > 5 else (1,):
            metrics[f"{prefix}top{k}"] = partial(_mean_hits, hits, scores, k)
    return {**metrics, "mean_class_accuracy": partial(_mean_class_accuracy, scores)}


def _hits(scores: Scores, k: int) -> np.ndarray:
    """Whether the true class of each example is among the `k` most probable, `(examples,)`."""
    _check_single_label(scores)
    _check_k(scores, k)
    return ranks_of(scores.probabilities, scores.targets) < k


def _view_hits(scores: Scores, k: int) -> np.ndarray:
    """The fraction of each example's views that rank the true class below `k`, `(examples,)`."""
    _check_k(scores, k)
    return (np.asarray(scores.ranks) < k).mean(axis=1)


def _mean_hits(hits: Callable, scores: Scores, k: int) -> RowMetric:
    values = hits(scores, k)
    return lambda rows: float(values[rows].mean())


def _mean_class_accuracy(scores: Scores) -> RowMetric:
    correct = scores.probabilities.argmax(axis=1) == scores.targets

    def accuracy(rows):
        examples = np.bincount(scores.targets[rows])
        found = np.bincount(scores.targets[rows], weights=correct[rows])
        return float((found[examples > 0] / examples[examples > 0]).mean())

    return accuracy


def _mean_average_precision(scores: Scores) -> RowMetric:
    if not scores.targets.any():
        raise ValueError("At least one example of `scores` must have a label. Received: none")
    precisions = _average_precisions(scores)

    def mean(rows):
        values = precisions(rows)
        has_examples = ~np.isnan(values)
        return float(values[has_examples].mean()) if has_examples.any() else np.nan

    return mean


def _average_precisions(scores: Scores) -> Callable[[np.ndarray], np.ndarray]:
    """A function from row indices to the average precisions; the scores are sorted only once."""
    if not scores.multi_label:
        raise ValueError(
            "Average precision needs examples that may have several labels. "
            f"Received: one label each, {scores.targets.dtype} {scores.targets.shape}"
        )
    order = np.argsort(-scores.probabilities, axis=0, kind="stable")
    positive = np.take_along_axis(scores.targets, order, axis=0) > 0
    last = _last_equal(np.take_along_axis(scores.probabilities, order, axis=0))

    def precisions(rows):
        times = np.bincount(rows, minlength=len(order))[order]
        found = times * positive
        above = np.take_along_axis(times.cumsum(axis=0), last, axis=0)
        correct = np.take_along_axis(found.cumsum(axis=0), last, axis=0)
        examples = found.sum(axis=0)
        total = (found * (correct / np.maximum(above, 1))).sum(axis=0)
        return np.where(examples > 0, total / np.maximum(examples, 1), np.nan)

    return precisions


def _last_equal(values: np.ndarray) -> np.ndarray:
    """For each row of sorted columns, the last row of equal value: they share a threshold."""
    rows = np.broadcast_to(np.arange(len(values))[:, None], values.shape)
    is_last = np.ones(values.shape, bool)
    is_last[:-1] = values[:-1] != values[1:]
    ends = np.where(is_last, rows, len(values))
    return np.minimum.accumulate(ends[::-1], axis=0)[::-1]


def _all_rows(scores: Scores) -> np.ndarray:
    if not len(scores):
        raise ValueError("`scores` must have at least one example. Received: none")
    return np.arange(len(scores))


def _check_single_label(scores: Scores) -> None:
    if scores.multi_label:
        raise ValueError(
            "Accuracy and confusion need examples with one label each. Received: examples that may "
            "have several labels. Use `average_precisions`, or `summary`, for them."
        )


def _check_k(scores: Scores, k: int) -> None:
    if positive_int("k", k) > len(scores.class_names):
        raise ValueError(
            f"`k` must be at most the number of classes, {len(scores.class_names)}. Received: k={k}"
        )
