"""How well each class is recognized: accuracy, or average precision where classes mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..metrics.metrics import average_precisions, per_class_accuracy
from ..metrics.scores_file import Scores
from ..pages.parts import (
    BLUE,
    GRAY,
    ORANGE,
    Section,
    chart,
    folded,
    paragraph,
    per_cent,
    png,
    table,
)
from ..utils.text import shortened

MOST = 40  # classes in a picture; of more, the best and the worst half of that
_WIDTH, _BAR, _MARGIN = 5.2, 0.21, 0.75  # inches


@dataclass(frozen=True)
class Measured:
    """A number for each class, and of how many examples it comes."""

    measure: str
    names: tuple[str, ...]
    values: np.ndarray
    examples: np.ndarray

    @property
    def ranked(self) -> list[int]:
        """Class numbers from the best to the worst; those without examples are left out."""
        order = np.argsort(-self.values, kind="stable")
        return [int(number) for number in order if np.isfinite(self.values[number])]


def section(scores: Scores) -> Section | None:
    """Bars of the classes, and a table of all of them."""
    measured = measure_classes(scores)
    ranked = measured.ranked
    if not ranked:
        return None
    which = f"{measured.measure} of each class"
    if len(ranked) > MOST:
        which += f", the best and the worst {MOST // 2} of {len(ranked)}"
    best, worst = (_said(measured, number) for number in (ranked[0], ranked[-1]))
    drawn = _draw(measured, _few(ranked))
    body = [chart(drawn, _WIDTH, f"{which}: from {best} to {worst}")]
    body.append(paragraph(f"{which}. The line is the mean of all classes.", "note"))
    if unseen := len(measured.names) - len(ranked):
        body.append(paragraph(f"Classes without an example to test: {unseen}.", "note"))
    body.append(folded(f"The numbers of all {len(ranked)} classes", _table(measured, ranked)))
    return Section("Classes", "\n".join(body), drawn)


def measure_classes(scores: Scores) -> Measured:
    """The number that suits the targets, by class."""
    if not scores.multi_label:
        examples = np.bincount(scores.targets, minlength=len(scores.class_names))
        return Measured("Accuracy", scores.class_names, per_class_accuracy(scores), examples)
    examples = scores.targets.sum(0).astype("int64")
    return Measured("Average precision", scores.class_names, average_precisions(scores), examples)


def _said(measured, number) -> str:
    return f"{per_cent(measured.values[number])} for {measured.names[number]}"


def _few(ranked):
    """Not more than can be drawn, with None between the best and the worst of many."""
    if len(ranked) <= MOST:
        return ranked
    return [*ranked[: MOST // 2], None, *ranked[-(MOST // 2) :]]


def _table(measured, ranked) -> str:
    rows = (
        (measured.names[number], measured.examples[number], per_cent(measured.values[number]))
        for number in ranked
    )
    heads = ("Class", "Examples", measured.measure)
    return table(heads, rows, "All classes that were tested, the best first")


def _draw(measured, shown) -> bytes:
    """A bar for each class number; None leaves a gap."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    figure = Figure((_WIDTH, _MARGIN + _BAR * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    places = [place for place, number in enumerate(shown) if number is not None]
    numbers = [number for number in shown if number is not None]
    values = measured.values[numbers]
    axes.barh(places, values, color=BLUE, height=0.72)
    for place, value, number in zip(places, values, numbers, strict=True):
        label = f"{100 * value:.0f} %  of {measured.examples[number]}"
        axes.text(1.03, place, label, fontsize=7.5, va="center", color=GRAY)
    axes.axvline(np.nanmean(measured.values), color=ORANGE, linewidth=1.2, linestyle="--", zorder=3)
    names = [shortened(measured.names[number]) for number in numbers]
    axes.set_yticks(places, names, fontsize=8, parse_math=False)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 1.3)
    axes.spines["bottom"].set_bounds(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(f"{measured.measure} by class", fontsize=10, loc="left")
    return png(figure)
