"""Which classes are taken for which others."""

from __future__ import annotations

import numpy as np

from ..metrics.metrics import confusion
from ..metrics.scores import Scores
from ..utils.text import shortened
from .sections import PageTable, Section, chart_of, percent

NAMED = 30  # classes up to which they are named beside, and counted inside, a matrix
PAIRS = 20
_CELL, _BESIDE, _LEAST, _UNNAMED = 0.3, 2.0, 4.2, 5.2  # inches


def confusion_section(scores: Scores) -> Section:
    """The matrix and the most confused pairs."""
    counts, names = confusion(scores), scores.class_names
    right, total = int(np.trace(counts)), int(counts.sum())
    alt = f"Confusion matrix of {len(names)} classes: {right} of {total} examples on its diagonal"
    chart = chart_of(_matrix(counts, names), alt)
    notes = [
        f"{total - right} of {total} examples were taken for another class.",
        "The stronger the color, the larger the share of the true class. "
        "Rows and columns are in the order of the classes.",
    ]
    rows = [
        (names[true], names[guess], count, percent(count / counts[true].sum()))
        for true, guess, count in confused_pairs(counts)
    ]
    heads = ("True class", "Taken for", "Examples", "Of the true class")
    table = PageTable("The most confused pairs", heads, rows) if rows else None
    return Section("Confusions", [chart], notes, table=table, png=chart.png)


def confused_pairs(counts: np.ndarray, most: int = PAIRS) -> list[tuple[int, int, int]]:
    """True class, predicted class and number of examples: the most frequent confusions first.

    >>> confused_pairs(np.array([[5, 1, 0], [0, 4, 3], [0, 0, 6]]))
    [(1, 2, 3), (0, 1, 1)]
    """
    wrong = [(int(t), int(p), int(counts[t, p])) for t, p in np.argwhere(counts) if t != p]
    return sorted(wrong, key=lambda pair: -pair[2])[:most]


def _matrix(counts, names):
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    named = len(names) <= NAMED
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    width = max(_BESIDE + _CELL * len(names), _LEAST) if named else _UNNAMED
    figure = Figure((width, width), layout="constrained")
    axes = figure.add_subplot()
    # The root lets single confusions be seen among many classes.
    norm = PowerNorm(1 if named else 0.5, 0, 1)
    axes.imshow(shares, cmap="Blues", norm=norm, interpolation="nearest")
    labels = [shortened(name) for name in names] if named else []
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=8, parse_math=False)
    axes.set_yticks(range(len(labels)), labels, fontsize=8, parse_math=False)
    for true, guess in np.argwhere(counts) if named else ():
        color = "white" if shares[true, guess] > 0.5 else "black"
        count = str(counts[true, guess])
        axes.text(guess, true, count, ha="center", va="center", fontsize=8, color=color)
    axes.set_xlabel("predicted class", fontsize=9)
    axes.set_ylabel("true class", fontsize=9)
    axes.tick_params(length=0)
    axes.set_title("Confusions", fontsize=10, loc="left")
    return figure
