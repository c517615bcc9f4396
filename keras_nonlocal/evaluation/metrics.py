"""Accuracies and mean average precision of scores, and how sure they are."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np

from ..validation import one_of, positive_int
from . import of_rows
from .of_rows import OfRows
from .table import Scores


def top_k(scores: Scores, k: int) -> float:
    """The share of videos whose class is among the `k` likeliest.

    Of classes that are equally likely, those of lower numbers come first.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a.mp4", "b.mp4"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> top_k(scores, 1), top_k(scores, 2)
    (0.5, 1.0)
    """
    return of_rows.video_top_k(scores, k)(of_rows.all_rows(scores))


def clip_top_k(scores: Scores, k: int) -> float:
    """The share of single views that have the class of their video among the `k` likeliest."""
    return of_rows.clip_top_k(scores, k)(of_rows.all_rows(scores))


def per_class_accuracy(scores: Scores) -> np.ndarray:
    """The share of each class's videos that are recognised, float64 `(classes,)`.

    NaN for a class without videos.
    """
    counts = confusion(scores)
    videos = counts.sum(axis=1)
    return np.where(videos > 0, counts.diagonal() / np.maximum(videos, 1), np.nan)


def confusion(scores: Scores) -> np.ndarray:
    """How many videos of each class are taken for which, int64 `(true, predicted)`."""
    of_rows.check_single(scores, "A confusion")
    classes = len(scores.class_names)
    pairs = scores.targets * classes + scores.probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def average_precisions(scores: Scores) -> np.ndarray:
    """The average precision of each class, float64 `(classes,)`; NaN where no video shows it.

    The mean, over the videos that show the class, of the share of such videos among all that
    score as high: the area below the steps of precision over recall.
    """
    return of_rows.precisions(scores)(of_rows.all_rows(scores))


def mean_average_precision(scores: Scores) -> float:
    """The mean of `average_precisions` over the classes that some video shows, as for Charades."""
    return of_rows.mean_average_precision(scores)(of_rows.all_rows(scores))


def interval(
    scores: Scores,
    metric: str | Callable[[Scores], float],
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Within which bounds a metric would lie on other videos of the same kind.

    The percentile bootstrap: the metric of as many videos, drawn again and again with replacement.
    Whole videos are drawn, as the views of one are no independent samples. Where all videos are
    right, both bounds are one: what no video shows, no draw can show.

    Args:
        scores: Of the videos.
        metric: A name of `summary`, such as `"video_top1"`, or a function of scores, which takes
            longer.
        level: How likely the metric is to lie within.
        draws: How many times.
        seed: The same one gives the same bounds.

    Raises:
        ValueError: The metric is not one of these scores, or a value is out of range.

    Example:

        low, high = interval(scores, "video_top1")
        low, high = interval(scores, lambda scores: per_class_accuracy(scores)[3])
    """
    if not 0 < level < 1:
        raise ValueError(f"`level` must lie between 0 and 1. Received: level={level!r}")
    positive_int("draws", draws)
    videos, rng = len(of_rows.all_rows(scores)), np.random.default_rng(seed)
    figure = _of_any(scores, metric) if callable(metric) else _named(scores, metric)
    values = [figure(rng.integers(videos, size=videos)) for _ in range(draws)]
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def summary(scores: Scores, *, intervals: bool = True) -> dict[str, float | tuple[float, float]]:
    """The figures of a test by name.

    `video_top1` is of videos, whose views are averaged; `clip_top1` is of single views; with more
    than five classes there are `video_top5` and `clip_top5`. `mean_class_accuracy` weighs classes
    equally. Where a video may show several classes there is `mean_average_precision` alone.

    Args:
        scores: Of the videos.
        intervals: Whether each figure is followed by its `interval`, `(low, high)`.

    Example:

    >>> probabilities = np.array([[0.8, 0.2], [0.6, 0.4]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a.mp4", "b.mp4"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> summary(scores, intervals=False)
    {'video_top1': 0.5, 'clip_top1': 0.75, 'mean_class_accuracy': 0.5}
    """
    figures: dict[str, float | tuple[float, float]] = {}
    for name, prepared in _metrics_of(scores).items():
        figures[name] = prepared()(of_rows.all_rows(scores))
        if intervals:
            figures[f"{name}_interval"] = interval(scores, name)
    return figures


def _of_any(scores: Scores, metric: Callable[[Scores], float]) -> OfRows:
    return lambda rows: metric(scores.rows(rows))


def _named(scores: Scores, name: str) -> OfRows:
    metrics = _metrics_of(scores)
    return metrics[one_of("metric", name, metrics)]()


def _metrics_of(scores: Scores) -> dict[str, Callable[[], OfRows]]:
    """What can be said of scores."""
    if scores.multi_label:
        return {"mean_average_precision": lambda: of_rows.mean_average_precision(scores)}
    metrics: dict[str, Callable[[], OfRows]] = {}
    for name, of_k in (("video", of_rows.video_top_k), ("clip", of_rows.clip_top_k)):
        for k in (1, 5) if len(scores.class_names) > 5 else (1,):
            metrics[f"{name}_top{k}"] = partial(of_k, scores, k)
    return {**metrics, "mean_class_accuracy": lambda: of_rows.mean_class_accuracy(scores)}
