"""Shows which classes are confused with which other classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..metrics.metrics import confusion
from ..metrics.scores_file import Scores
from ..utils.text import shortened
from .sections import ReportTable, Section, percent, plot_of

MAX_NAMED_CLASSES = 30  # with more classes, a matrix shows neither names nor counts
NUM_PAIRS = 20
# inches: of a cell, of the labels, the smallest matrix, and a matrix without names
_CELL, _LABELS, _MIN_WIDTH, _UNNAMED_WIDTH = 0.3, 2.0, 4.2, 5.2


def confusion_section(scores: Scores) -> Section:
    """Shows the confusion matrix and the most frequent confusions."""
    counts, names = confusion(scores), scores.class_names
    right, total = int(np.trace(counts)), int(counts.sum())
    alt = f"Confusion matrix of {len(names)} classes: {right} of {total} examples on its diagonal"
    plot = plot_of(matrix_plot(counts, names), alt)
    notes = [
        f"{total - right} of {total} examples were assigned to a wrong class.",
        "The stronger the color, the larger the fraction of the true class. "
        "Rows and columns are in the order of the classes.",
    ]
    rows = [
        (names[true], names[predicted], count, percent(count / counts[true].sum()))
        for true, predicted, count in confused_pairs(counts)
    ]
    headings = ("True class", "Predicted class", "Examples", "Of the true class")
    table = ReportTable("The most frequent confusions", headings, rows) if rows else None
    return Section("Confusions", [plot], notes, table=table, png=plot.png)


def confused_pairs(counts: np.ndarray, at_most: int = NUM_PAIRS) -> list[tuple[int, int, int]]:
    """Returns true class, predicted class and number of examples, the most frequent first.

    >>> confused_pairs(np.array([[5, 1, 0], [0, 4, 3], [0, 0, 6]]))
    [(1, 2, 3), (0, 1, 1)]
    """
    wrong = [(int(t), int(p), int(counts[t, p])) for t, p in np.argwhere(counts) if t != p]
    return sorted(wrong, key=lambda pair: -pair[2])[:at_most]


def matrix_plot(counts: np.ndarray, names: Sequence[str], *, percentages: bool = False) -> Any:
    """Draws a confusion matrix, with counts or percentages in its cells if there is room."""
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    is_named = len(names) <= MAX_NAMED_CLASSES
    fractions = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    width = max(_LABELS + _CELL * len(names), _MIN_WIDTH) if is_named else _UNNAMED_WIDTH
    figure = Figure((width, width), layout="constrained")
    axes = figure.add_subplot()
    # The square root makes single confusions visible among many classes.
    norm = PowerNorm(1 if is_named else 0.5, 0, 1)
    axes.imshow(fractions, cmap="Blues", norm=norm, interpolation="nearest")
    labels = [shortened(name) for name in names] if is_named else []
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=8, parse_math=False)
    axes.set_yticks(range(len(labels)), labels, fontsize=8, parse_math=False)
    for true, predicted in np.argwhere(counts) if is_named else ():
        color = "white" if fractions[true, predicted] > 0.5 else "black"
        cell = str(counts[true, predicted])
        if percentages:
            cell = f"{100 * fractions[true, predicted]:.0f}"
        axes.text(predicted, true, cell, ha="center", va="center", fontsize=8, color=color)
    axes.set_xlabel("predicted class", fontsize=9)
    axes.set_ylabel("true class", fontsize=9)
    axes.tick_params(length=0)
    axes.set_title("Confusions", fontsize=10, loc="left")
    return figure
