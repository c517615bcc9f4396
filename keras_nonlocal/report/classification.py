"""Shows the results of a classifier in a report."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.metrics import average_precisions, per_class_accuracy, summary
from ..metrics.scores_file import Scores
from ..utils.text import shortened
from .confusion import confusion_section
from .history import title
from .sections import BLUE, GRAY, ORANGE, ReportTable, Section, percent, plot_of

MAX_BARS = 40  # with more classes, half of the bars show the best and half the worst classes
_WIDTH, _BAR, _MARGIN = 5.2, 0.21, 0.75  # inches


def classification_sections(
    scores: Scores, *, samples: Section | None = None
) -> dict[str, Section | None]:
    """Makes the sections of a classifier for `write_report`.

    The sections are the results, the samples, the classes, and the confusions between classes.

    Args:
        scores: The scores of examples that the model was not trained on.
        samples: A section with some of the examples, as the task draws it.

    Returns:
        The sections by name. `"confusion"` is `None` if examples have several classes.

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
        "confusion": None if scores.multi_label else confusion_section(scores),
    }


def _results(scores) -> Section:
    """Lists the metrics of the whole evaluation, each with its confidence interval."""
    metrics: dict[str, Any] = summary(scores)
    rows = [
        (
            title(name),
            percent(metrics[name]),
            " to ".join(map(percent, metrics[f"{name}_interval"])),
        )
        for name in metrics
        if f"{name}_interval" in metrics
    ]
    headings = ("Metric", "Value", "95 % interval")
    table = ReportTable("On all evaluated examples", headings, rows)
    count = f"{len(scores.paths)} examples of {len(scores.class_names)} classes were evaluated."
    return Section("Results", notes=[count], table=table)


def _classes(scores) -> Section | None:
    """Shows a bar and a row of a table for each class that has examples."""
    if scores.multi_label:
        metric, values = "Average precision", average_precisions(scores)
        examples = scores.targets.sum(0).astype(int)
    else:
        metric, values = "Accuracy", per_class_accuracy(scores)
        examples = np.bincount(scores.targets, minlength=len(values))
    ranked = [index for index in np.argsort(-values, kind="stable") if examples[index]]
    if not ranked:
        return None
    names = [scores.class_names[index] for index in ranked]
    values, examples = values[ranked], examples[ranked]
    heading = f"{metric} of each class"
    if len(ranked) > MAX_BARS:
        heading += f", the best and the worst {MAX_BARS // 2} of {len(ranked)}"
    best, worst = (f"{percent(values[end])} for {names[end]}" for end in (0, -1))
    plot = plot_of(_bars(metric, names, values, examples), f"{heading}: from {best} to {worst}")
    notes = [f"{heading}. The line is the mean over all classes."]
    if without_examples := len(scores.class_names) - len(ranked):
        notes.append(f"Classes without an example: {without_examples}.")
    rows = list(zip(names, examples, map(percent, values), strict=True))
    caption, headings = "All evaluated classes, the best first", ("Class", "Examples", metric)
    table = ReportTable(caption, headings, rows, "The values of each class")
    return Section("Classes", [plot], notes, table=table, png=plot.png)


def _bars(metric, names, values, examples):
    """Draws a bar for each class, with a gap where classes are not shown."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    shown = positions = np.arange(len(names))
    if len(names) > MAX_BARS:
        shown = np.r_[: MAX_BARS // 2, len(names) - MAX_BARS // 2 : len(names)]
        positions = np.r_[: MAX_BARS // 2, MAX_BARS // 2 + 1 : MAX_BARS + 1]
    figure = Figure((_WIDTH, _MARGIN + _BAR * (positions[-1] + 1)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(positions, values[shown], color=BLUE, height=0.72)
    axes.axvline(values.mean(), color=ORANGE, linewidth=1.2, linestyle="--", zorder=3)
    labels = [shortened(names[index]) for index in shown]
    axes.set_yticks(positions, labels, fontsize=8, parse_math=False)
    axes.set_ylim(positions[-1] + 0.6, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    right_axis = axes.secondary_yaxis("right")
    right_axis.set_yticks(positions, [f"{100 * values[n]:.0f} %  of {examples[n]}" for n in shown])
    right_axis.tick_params(length=0, labelsize=7.5, labelcolor=GRAY)
    right_axis.spines["right"].set_visible(False)
    axes.set_title(f"{metric} by class", fontsize=10, loc="left")
    return figure
