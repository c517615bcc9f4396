"""Shows the results of a segmentation network in a report."""

from __future__ import annotations

import numpy as np

from ..metrics.pixels import PixelScores
from .bars import class_bars
from .confusion import matrix_plot
from .sections import ReportTable, Section, percent, plot_of

_NAMES = {
    "mean_iou": "Mean IoU",
    "accuracy": "Accuracy of pixels",
    "mean_class_accuracy": "Mean accuracy of the classes",
}


def segmentation_sections(scores: PixelScores) -> dict[str, Section | None]:
    """Makes the sections of a segmentation network for `write_report`.

    Args:
        scores: The scores of images that the network was not trained on.

    Returns:
        The sections by name: the results, the classes, and the confusions.

    Raises:
        ValueError: No pixel was labeled.

    Example:
        >>> scores = PixelScores(("sky", "road"), np.array([[3, 1], [0, 4]]), images=1)
        >>> [section.heading for section in segmentation_sections(scores).values()]
        ['Results', 'Classes', 'Confusions']
    """
    if not scores.confusion.sum():
        raise ValueError("The scores must have labeled pixels. Received: none")
    return {
        "results": _results(scores),
        "per_class": _classes(scores),
        "confusion": _confusions(scores),
    }


def _results(scores: PixelScores) -> Section:
    rows = [(_NAMES[name], percent(value)) for name, value in scores.summary().items()]
    table = ReportTable("On all evaluated images", ("Metric", "Value"), rows)
    pixels = int(scores.confusion.sum())
    note = f"{scores.images} images with {pixels:,} labeled pixels were evaluated."
    return Section("Results", notes=[note], table=table)


def _classes(scores: PixelScores) -> Section:
    order = [index for index in np.argsort(-scores.iou) if not np.isnan(scores.iou[index])]
    true, predicted = scores.confusion.sum(1), scores.confusion.sum(0)
    names = [scores.class_names[index] for index in order]
    shares = true[order] / max(true.sum(), 1)
    labels = [f"{100 * share:.1f} % of pixels" for share in shares]
    values = scores.iou[order]
    alt = f"IoU of each class: from {percent(values[0])} for {names[0]} to "
    alt += f"{percent(values[-1])} for {names[-1]}"
    plot = plot_of(class_bars("IoU", names, values, labels), alt)
    rows = [
        (name, f"{true[index]:,}", f"{predicted[index]:,}", *_of_class(scores, index))
        for name, index in zip(names, order, strict=True)
    ]
    absent = [scores.class_names[i] for i in range(len(true)) if np.isnan(scores.iou[i])]
    notes = ["IoU of each class. The line is the mean over all classes."]
    if absent:
        notes.append(f"Neither labeled nor predicted: {', '.join(absent)}.")
    headings = ("Class", "True pixels", "Predicted pixels", "IoU", "Accuracy")
    table = ReportTable("All classes, the best first", headings, rows, "The values of each class")
    return Section("Classes", [plot], notes, table=table, png=plot.png)


def _of_class(scores: PixelScores, index: int) -> tuple[str, str]:
    accuracy = scores.class_accuracy[index]
    return percent(scores.iou[index]), "absent" if np.isnan(accuracy) else percent(accuracy)


def _confusions(scores: PixelScores) -> Section:
    counts, names = scores.confusion, scores.class_names
    alt = f"Confusion matrix of the pixels of {len(names)} classes"
    plot = plot_of(matrix_plot(counts, names, percentages=True), alt)
    notes = [
        "Each row shows what became of the pixels of one class, in percent of that class. "
        "Rows and columns are in the order of the classes."
    ]
    return Section("Confusions", [plot], notes, png=plot.png)
