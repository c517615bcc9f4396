"""Accuracies and mean average precision of scores, and how sure they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np

from ..utils.checks import one_of, positive_int
from . import bootstrap_metrics
from .bootstrap_metrics import OfRows
from .scores import Scores


def top_k(scores: Scores, k: int) -> float:
    """The share of examples whose class is among the `k` likeliest.

    Of classes that are equally likely, those of lower numbers come first.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> top_k(scores, 1), top_k(scores, 2)
    (0.5, 1.0)
    """
    return bootstrap_metrics.top_k(scores, k)(bootstrap_metrics.all_rows(scores))


def view_top_k(scores: Scores, k: int) -> float:
    """The share of single views that have the class of their example among the `k` likeliest."""
    return bootstrap_metrics.view_top_k(scores, k)(bootstrap_metrics.all_rows(scores))


def per_class_accuracy(scores: Scores) -> np.ndarray:
    """The share of each class's examples that are recognized, float64 `(classes,)`.

    NaN for a class without examples.
    """
    counts = confusion(scores)
    examples = counts.sum(axis=1)
    return np.where(examples > 0, counts.diagonal() / np.maximum(examples, 1), np.nan)


def confusion(scores: Scores) -> np.ndarray:
    """How many examples of each class are taken for which, int64 `(true, predicted)`."""
    bootstrap_metrics.check_single(scores, "A confusion")
    classes = len(scores.class_names)
    pairs = scores.targets * classes + scores.probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def average_precisions(scores: Scores) -> np.ndarray:
    """The average precision of each class, float64 `(classes,)`; NaN where no example shows it.

    The mean, over the examples that show the class, of the share of such examples among all that
    score as high: the area below the steps of precision over recall.
    """
    return bootstrap_metrics.precisions(scores)(bootstrap_metrics.all_rows(scores))


def mean_average_precision(scores: Scores) -> float:
    """The mean of `average_precisions` over the classes that any example shows, as for Charades."""
    return bootstrap_metrics.mean_average_precision(scores)(bootstrap_metrics.all_rows(scores))


def bootstrap_interval(
    scores: Scores,
    metric: str | Callable[[Scores], float],
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Within which bounds a metric would lie on other examples of the same kind.

    The percentile bootstrap: the metric of as many examples, drawn again and again with
    replacement. Whole examples are drawn, as the views of one are no independent samples. Where
    all examples are right, both bounds are one: what no example shows, no draw can show.

    Args:
        scores: Of the examples.
        metric: A name of `summary`, such as `"top1"`, or a function of scores, which takes
            longer.
        level: How likely the metric is to lie within.
        draws: How many times.
        seed: The same one gives the same bounds.

    Raises:
        ValueError: The metric is not one of these scores, or a value is out of range.

    Example:

        low, high = interval(scores, "top1")
        low, high = interval(scores, lambda scores: per_class_accuracy(scores)[3])
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must lie between 0 and 1. Received: level={level!r}")
    positive_int("draws", draws)
    examples, rng = len(bootstrap_metrics.all_rows(scores)), np.random.default_rng(seed)
    figure = _of_any(scores, metric) if callable(metric) else _named(scores, metric)
    values = [figure(rng.integers(examples, size=examples)) for _ in range(draws)]
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def summary(scores: Scores, *, intervals: bool = True) -> dict[str, float | tuple[float, float]]:
    """The figures of a test by name.

    `top1` is of examples, whose views are averaged; `view_top1` is of single views; with more than
    five classes there are `top5` and `view_top5`. `mean_class_accuracy` weighs classes
    equally. Where an example may show several classes there is `mean_average_precision` alone.

    Args:
        scores: Of the examples.
        intervals: Whether each figure is followed by its `interval`, `(low, high)`.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> summary(scores, intervals=False)
    {'top1': 0.5, 'view_top1': 0.75, 'mean_class_accuracy': 0.5}
    """
    figures: dict[str, float | tuple[float, float]] = {}
    for name, prepared in _metrics_of(scores).items():
        figures[name] = prepared()(bootstrap_metrics.all_rows(scores))
        if intervals:
            figures[f"{name}_interval"] = bootstrap_interval(scores, name)
    return figures


def _of_any(scores: Scores, metric: Callable[[Scores], float]) -> OfRows:
    return lambda rows: metric(scores.rows(rows))


def _named(scores: Scores, name: str) -> OfRows:
    metrics = _metrics_of(scores)
    return metrics[one_of("metric", name, metrics)]()


def _metrics_of(scores: Scores) -> dict[str, Callable[[], OfRows]]:
    """What can be said of scores."""
    if scores.multi_label:
        return {"mean_average_precision": lambda: bootstrap_metrics.mean_average_precision(scores)}
    metrics: dict[str, Callable[[], OfRows]] = {}
    for name, of_k in (
        ("", bootstrap_metrics.top_k),
        ("view_", bootstrap_metrics.view_top_k),
    ):
        for k in (1, 5) if len(scores.class_names) > 5 else (1,):
            metrics[f"{name}top{k}"] = partial(of_k, scores, k)
    return {**metrics, "mean_class_accuracy": lambda: bootstrap_metrics.mean_class_accuracy(scores)}
