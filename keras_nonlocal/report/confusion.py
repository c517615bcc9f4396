"""Which classes are taken for which others."""

from __future__ import annotations

import numpy as np

from ..metrics.metrics import confusion
from ..metrics.scores_file import Scores
from ..pages.parts import Section, chart, paragraph, per_cent, png, table
from ..utils.text import shortened

NAMED, COUNTED = 30, 15  # classes up to which they are named beside, and counted inside, a matrix
PAIRS = 20
_CELL, _BESIDE, _LEAST, _MOST = 0.32, 2.0, 4.2, 8.0  # inches


def section(scores: Scores) -> Section | None:
    """The matrix and the most confused pairs; None where examples are of several classes."""
    if scores.multi_label:
        return None
    counts, names = confusion(scores), scores.class_names
    width = min(max(_BESIDE + _CELL * len(names), _LEAST), _MOST if len(names) <= NAMED else 5.2)
    drawn = _draw(counts, names, width)
    right, total = int(np.trace(counts)), int(counts.sum())
    alt = f"Confusion matrix of {len(names)} classes: {right} of {total} examples on its diagonal"
    note = (
        "The stronger the color, the larger the part of the true class. "
        "Rows and columns are in the order of the classes."
    )
    pairs = confused_pairs(counts)
    rows = [
        (names[true], names[guess], count, per_cent(count / counts[true].sum()))
        for true, guess, count in pairs
    ]
    heads = ("True class", "Taken for", "Examples", "Of the true class")
    listed = table(heads, rows, "The most confused pairs") if rows else paragraph("No confusion.")
    body = "\n".join([chart(drawn, width, alt), paragraph(note, "note"), listed])
    return Section("Confusions", body, drawn)


def confused_pairs(counts: np.ndarray, most: int = PAIRS) -> list[tuple[int, int, int]]:
    """True class, predicted class and number of examples: the most frequent confusions first.

    >>> confused_pairs(np.array([[5, 1, 0], [0, 4, 3], [0, 0, 6]]))
    [(1, 2, 3), (0, 1, 1)]
    """
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    places = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(t), int(p), int(wrong[t, p])) for t, p in places if wrong[t, p] > 0]


def _draw(counts, names, width) -> bytes:
    from matplotlib.colors import PowerNorm
    from matplotlib.figure import Figure

    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure((width, width), layout="constrained")
    axes = figure.add_subplot()
    # The root lets single confusions be seen among many classes.
    norm = PowerNorm(1 if len(names) <= NAMED else 0.5, 0, 1)
    axes.imshow(shares, cmap="Blues", norm=norm, interpolation="nearest")
    if len(names) <= NAMED:
        labels = [shortened(name) for name in names]
        axes.set_xticks(range(len(names)), labels, rotation=90, fontsize=8, parse_math=False)
        axes.set_yticks(range(len(names)), labels, fontsize=8, parse_math=False)
    else:
        axes.set_xticks([])
        axes.set_yticks([])
    if len(names) <= COUNTED:
        for true, guess in np.argwhere(counts):
            color = "white" if shares[true, guess] > 0.5 else "black"
            count = str(counts[true, guess])
            axes.text(guess, true, count, ha="center", va="center", fontsize=8, color=color)
    axes.set_xlabel("predicted class", fontsize=9)
    axes.set_ylabel("true class", fontsize=9)
    axes.tick_params(length=0)
    axes.set_title("Confusions", fontsize=10, loc="left")
    return png(figure)
