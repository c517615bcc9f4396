"""Shows the results of a detection network in a report."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..metrics.coco import CocoScores
from .bars import class_bars
from .sections import BLUE, GRAY, ORANGE, ReportTable, Section, percent, plot_of

_COLORS = {"boxes": BLUE, "masks": ORANGE, "keypoints": ORANGE}
_STYLES = {"boxes": "-", "masks": "--", "keypoints": "--"}
_NAMES = {
    "ap": "AP, the mean over overlaps from 0.5 to 0.95",
    "ap50": "AP at an overlap of 0.5",
    "ap75": "AP at an overlap of 0.75",
    "ar1": "Average recall of one detection in each image",
    "ar10": "Average recall of 10 detections",
    "ar100": "Average recall of 100 detections",
    "ar": "Average recall",
    "ar50": "Recall at an overlap of 0.5",
    "ar75": "Recall at an overlap of 0.75",
}
_SIZES = {
    "small": "small, below 32 x 32 pixels",
    "medium": "medium",
    "large": "large, above 96 x 96 pixels",
}


def detection_sections(scores: CocoScores) -> dict[str, Section | None]:
    """Makes the sections of a detection network for `write_report`.

    Args:
        scores: The scores of images that the network was not trained on.

    Returns:
        The sections by name: the results, the classes, the sizes of objects, and the curves of
        precision over recall.

    Raises:
        ValueError: No image was evaluated.

    Example:
        >>> numbers = {"boxes": {"ap": 0.4, "ap50": 0.6, "ap_small": 0.2}}
        >>> classes = {"boxes": {"cat": 0.5, "dog": 0.3}}
        >>> scores = CocoScores(("cat", "dog"), numbers, classes, {"boxes": np.ones(101)}, images=2)
        >>> [section.heading for section in detection_sections(scores).values()]
        ['Results', 'Classes', 'Sizes', 'Precision and recall']
    """
    if not scores.images:
        raise ValueError("The scores must be those of at least one image. Received: images=0")
    return {
        "results": _results(scores),
        "per_class": _classes(scores),
        "sizes": _sizes(scores),
        "precision": _precision(scores),
    }


def _results(scores: CocoScores) -> Section:
    kinds = list(scores.numbers)
    rows = [
        (title, *(_cell(scores.numbers[kind].get(name)) for kind in kinds))
        for name, title in _NAMES.items()
        if any(name in scores.numbers[kind] for kind in kinds)
    ]
    table = ReportTable("COCO's numbers", ("Metric", *map(str.capitalize, kinds)), rows)
    note = f"{scores.images:,} images were evaluated. AP is the average precision of COCO."
    return Section("Results", notes=[note], table=table)


def _classes(scores: CocoScores) -> Section | None:
    """A bar for each class, of the last kind, which is the hardest one."""
    kinds = list(scores.class_ap)
    last = scores.class_ap[kinds[-1]]
    there = [name for name in scores.class_names if not np.isnan(last[name])]
    if not there:
        return None
    names = sorted(there, key=lambda name: -last[name])
    values = np.array([last[name] for name in names])
    alt = f"AP of {kinds[-1]} of each class: from {percent(values[0])} for {names[0]} to "
    alt += f"{percent(values[-1])} for {names[-1]}"
    bars = class_bars(f"AP of {kinds[-1]}", names, values, [percent(value) for value in values])
    plot = plot_of(bars, alt)
    rows = [(name, *(_cell(scores.class_ap[kind][name]) for kind in kinds)) for name in names]
    headings = ("Class", *(f"AP of {kind}" for kind in kinds))
    table = ReportTable("All classes, the best first", headings, rows, "The values of each class")
    notes = [f"AP of {kinds[-1]} of each class. The line is the mean over all classes."]
    absent = [name for name in scores.class_names if name not in there]
    if absent:
        notes.append(f"No object to be found: {', '.join(absent)}.")
    return Section("Classes", [plot], notes, table=table, png=plot.png)


def _sizes(scores: CocoScores) -> Section:
    kinds = list(scores.numbers)
    rows = [
        (title, *(_cell(scores.numbers[kind].get(f"ap_{size}")) for kind in kinds))
        for size, title in _SIZES.items()
    ]
    headings = ("Objects", *(f"AP of {kind}" for kind in kinds))
    return Section("Sizes", table=ReportTable("AP by the area of objects", headings, rows))


def _precision(scores: CocoScores) -> Section | None:
    curves = {kind: each for kind, each in scores.precision.items() if not np.isnan(each).any()}
    if not curves:
        return None
    means = ", ".join(f"{percent(curve.mean())} for {kind}" for kind, curve in curves.items())
    plot = plot_of(_curves(curves), f"Precision over recall at an overlap of 0.5: mean {means}")
    notes = [
        "Precision over recall at an overlap of 0.5, averaged over the classes. The area below a "
        "curve is the AP at that overlap."
    ]
    return Section("Precision and recall", [plot], notes, png=plot.png)


def _curves(curves) -> Any:
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure((4.2, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for kind, curve in curves.items():
        recall = np.linspace(0, 1, len(curve))
        axes.plot(recall, curve, color=_COLORS[kind], linestyle=_STYLES[kind], label=kind)
    for axis, word in ((axes.xaxis, "recall"), (axes.yaxis, "precision")):
        axis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        axis.set_label_text(word)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.tick_params(labelsize=8)
    axes.grid(color=GRAY, linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    return figure


def _cell(value: float | None) -> str:
    """The value in percent; numbers that are not defined are absent."""
    return "absent" if value is None or np.isnan(value) else percent(value)
