"""Shows the results of a classifier in a report."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.metrics import average_precisions, per_class_accuracy, summary
from ..metrics.scores_file import Scores
from .bars import MAX_BARS, class_bars
from .confusion import confusion_section
from .history import title
from .sections import ReportTable, Section, percent, plot_of


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
    labels = [f"{100 * v:.0f} %  of {n}" for v, n in zip(values, examples, strict=True)]
    best, worst = (f"{percent(values[end])} for {names[end]}" for end in (0, -1))
    plot = plot_of(class_bars(metric, names, values, labels), f"{heading}: from {best} to {worst}")
    notes = [f"{heading}. The line is the mean over all classes."]
    if without_examples := len(scores.class_names) - len(ranked):
        notes.append(f"Classes without an example: {without_examples}.")
    rows = list(zip(names, examples, map(percent, values), strict=True))
    caption, headings = "All evaluated classes, the best first", ("Class", "Examples", metric)
    table = ReportTable(caption, headings, rows, "The values of each class")
    return Section("Classes", [plot], notes, table=table, png=plot.png)
