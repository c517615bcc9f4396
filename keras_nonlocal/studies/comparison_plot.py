"""Comparisons of a study as a plot: accuracies on the left, differences on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .comparison import Comparison
from .study import Study

BLUE, ORANGE, GRAY, PALE = "#0072b2", "#d55e00", "#9a9a9a", "#e6e6e6"


def plot(found: Sequence[Comparison], study: Study) -> Any:
    """A matplotlib figure: a panel for each table, a line for each network."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    tables = [[each for each in found if each.row.table == name] for name in study.tables]
    height = 1.1 + 0.31 * len(found) + 0.42 * len(tables)
    figure = Figure((10, height), layout=ConstrainedLayoutEngine(h_pad=0.06, w_pad=0.08))
    panels = figure.subplots(
        len(tables),
        2,
        sharex="col",
        sharey="row",
        squeeze=False,
        gridspec_kw={"height_ratios": [len(rows) + 0.6 for rows in tables]},
    )
    for (left, right), rows in zip(panels, tables, strict=True):
        for place, each in enumerate(rows):
            _accuracy(left, place, each)
            _difference(right, place, each)
        left.set_yticks(range(len(rows)), [each.row.name for each in rows])
        left.set_ylim(len(rows) - 0.4, -0.6)
        left.set_title(rows[0].row.table, loc="left", fontsize=10.5, fontweight="bold")
        right.axvline(0, color=GRAY, linewidth=1, zorder=1)
        for axes in (left, right):
            _tidy(axes)
    panels[-1, 0].set_xlabel("top-1, %", fontsize=9.5)
    panels[-1, 1].set_xlabel("difference to the first row, percentage points", fontsize=9.5)
    _legend(figure, found)
    return figure


def _accuracy(axes, place: int, each: Comparison) -> None:
    """The mean and the spread of the seeds, and below them each seed; equal ones are stacked."""
    if each.row.published is not None:
        axes.plot(each.row.published, place, "|", color=ORANGE, markersize=13, markeredgewidth=2)
    if each.mean is None:
        return
    scores = [100 * score for score in each.by_seed.values()]
    for score in sorted(set(scores)):
        count = scores.count(score)
        heights = [place + 0.22 + 0.09 * number for number in range(count)]
        axes.plot([score] * count, heights, "o", color=GRAY, markersize=2.8, zorder=2)
    spread = None if each.spread is None else 100 * each.spread
    axes.errorbar(100 * each.mean, place, xerr=spread, fmt="D", **_style(BLUE, filled=True))


def _difference(axes, place: int, each: Comparison) -> None:
    found = each.difference
    if found is None:
        return
    reach = None
    if found.low is not None and found.high is not None:
        reach = [[100 * (found.mean - found.low)], [100 * (found.high - found.mean)]]
    style = _style(BLUE, filled=found.is_sure)
    axes.errorbar(100 * found.mean, place, xerr=reach, fmt="o", **style)


def _style(color: str, filled: bool) -> dict[str, Any]:
    return {
        "color": color,
        "markerfacecolor": color if filled else "white",
        "markersize": 6,
        "capsize": 3,
        "elinewidth": 1.6,
        "zorder": 3,
    }


def _tidy(axes) -> None:
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelsize=9.5)
    axes.tick_params(axis="x", labelsize=9, color=GRAY)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRAY)


def _legend(figure, found) -> None:
    from matplotlib.lines import Line2D

    marks = [
        ("o", GRAY, GRAY, "one seed"),
        ("D", BLUE, BLUE, "mean, standard deviation between seeds"),
        ("o", BLUE, "white", "difference, 95 % interval"),
        ("o", BLUE, BLUE, "interval without zero"),
    ]
    if any(each.row.published is not None for each in found):
        marks.append(("|", ORANGE, ORANGE, "the paper"))
    handles = [
        Line2D([], [], linestyle="", marker=mark, color=edge, markerfacecolor=face, label=label)
        for mark, edge, face, label in marks
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(marks), fontsize=8.5, frameon=False
    )
