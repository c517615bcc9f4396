"""What a report shows of a classifier's scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.metrics import average_precisions, per_class_accuracy, summary
from ..metrics.scores import Scores
from ..utils.text import shortened
from . import confusion
from .history import title
from .sections import BLUE, GRAY, ORANGE, PageTable, Section, chart_of, percent

MOST = 40  # classes in a picture; of more, the best and the worst half of that
_WIDTH, _BAR, _MARGIN = 5.2, 0.21, 0.75  # inches


def classification_sections(
    scores: Scores, *, samples: Section | None = None
) -> dict[str, Section | None]:
    """Sections for `write_report`: results, samples, classes, and which are taken for others.

    Args:
        scores: What the trained model says of examples that it was not trained on.
        samples: Examples to look at, as the task draws them.

    Returns:
        The sections by their names. `"confusion"` is `None` where examples are of several classes.

    Raises:
        ValueError: There is no example.

    Example:

    >>> probabilities = np.array([[0.75, 0.25], [0.5, 0.5]], "float32")
    >>> ranks = np.array([[0, 0], [0, 1]], "int32")
    >>> scores = Scores(("a", "b"), ("run", "skip"), np.array([0, 1]), probabilities, ranks)
    >>> [section.heading for section in classification_sections(scores).values() if section]
    ['Results', 'Classes', 'Confusions']
    """
    return {
        "results": _results(scores),
        "samples": samples,
        "per_class": _classes(scores),
        "confusion": None if scores.multi_label else confusion.confusion_section(scores),
    }


def _results(scores) -> Section:
    """The figures of the whole evaluation, each with its interval."""
    figures: dict[str, Any] = summary(scores)
    rows = [
        (
            title(name),
            percent(figures[name]),
            " to ".join(map(percent, figures[f"{name}_interval"])),
        )
        for name in figures
        if f"{name}_interval" in figures
    ]
    table = PageTable("On all evaluated examples", ("Measure", "Value", "95 % interval"), rows)
    count = f"{len(scores.paths)} examples of {len(scores.class_names)} classes were evaluated."
    return Section("Results", notes=[count], table=table)


def _classes(scores) -> Section | None:
    """Bars of the classes, and a table of all of them; classes without examples are left out."""
    if scores.multi_label:
        measure, values = "Average precision", average_precisions(scores)
        examples = scores.targets.sum(0).astype(int)
    else:
        measure, values = "Accuracy", per_class_accuracy(scores)
        examples = np.bincount(scores.targets, minlength=len(values))
    ranked = [number for number in np.argsort(-values, kind="stable") if examples[number]]
    if not ranked:
        return None
    names = [scores.class_names[number] for number in ranked]
    values, examples = values[ranked], examples[ranked]
    which = f"{measure} of each class"
    if len(ranked) > MOST:
        which += f", the best and the worst {MOST // 2} of {len(ranked)}"
    best, worst = (f"{percent(values[end])} for {names[end]}" for end in (0, -1))
    chart = chart_of(_bars(measure, names, values, examples), f"{which}: from {best} to {worst}")
    notes = [f"{which}. The line is the mean of all classes."]
    if unseen := len(scores.class_names) - len(ranked):
        notes.append(f"Classes without an example: {unseen}.")
    rows = list(zip(names, examples, map(percent, values), strict=True))
    caption, heads = "All evaluated classes, the best first", ("Class", "Examples", measure)
    table = PageTable(caption, heads, rows, "The numbers of each class")
    return Section("Classes", [chart], notes, table=table, png=chart.png)


def _bars(measure, names, values, examples):
    """A bar for each class from the best to the worst, with a gap where classes are left out."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    shown = places = np.arange(len(names))
    if len(names) > MOST:
        shown = np.r_[: MOST // 2, len(names) - MOST // 2 : len(names)]
        places = np.r_[: MOST // 2, MOST // 2 + 1 : MOST + 1]
    figure = Figure((_WIDTH, _MARGIN + _BAR * (places[-1] + 1)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(places, values[shown], color=BLUE, height=0.72)
    axes.axvline(values.mean(), color=ORANGE, linewidth=1.2, linestyle="--", zorder=3)
    labels = [shortened(names[number]) for number in shown]
    axes.set_yticks(places, labels, fontsize=8, parse_math=False)
    axes.set_ylim(places[-1] + 0.6, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(places, [f"{100 * values[n]:.0f} %  of {examples[n]}" for n in shown])
    beside.tick_params(length=0, labelsize=7.5, labelcolor=GRAY)
    beside.spines["right"].set_visible(False)
    axes.set_title(f"{measure} by class", fontsize=10, loc="left")
    return figure
