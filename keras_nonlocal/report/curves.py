"""Plots the history over the epochs. A column and its `val_` column share a plot."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .history import VALIDATION, History, columns, is_fraction, title
from .sections import BLUE, ORANGE, Plot, Section, number, plot_of, png

_WIDTH, _HEIGHT = 4.2, 2.5  # inches per plot, which is readable on a phone
_NOT_PLOTTED = ("epoch", "step")  # these are counters
_STYLES = {
    "training": {"color": BLUE, "marker": "o"},
    "validation": {"color": ORANGE, "marker": "s"},
}


class Curve(NamedTuple):
    """One plot: epochs and values of training, of validation, or of both."""

    name: str
    lines: dict[str, tuple[np.ndarray, ...]]


def curves_section(history: History) -> Section | None:
    """Plots all curves: one plot for each on the page, and one file with all of them."""
    found = curves(history)
    if not found:
        return None
    plots: list[Plot] = [plot_of(_figure([curve]), _alt(curve)) for curve in found]
    return Section("Curves", plots, png=png(_figure(found)))


def curves(history: History) -> list[Curve]:
    """Returns the columns that are plotted, with training and validation together."""
    found: dict[str, Curve] = {}
    for name in columns(history):
        if name not in _NOT_PLOTTED:
            base = name.removeprefix(VALIDATION)
            points = [(row["epoch"], row[name]) for row in history if name in row]
            lines = found.setdefault(base, Curve(base, {})).lines
            lines["training" if name == base else "validation"] = tuple(np.array(points, float).T)
    return list(found.values())


def spans_decades(values: np.ndarray) -> bool:
    """Returns whether a quarter of the values is at most a tenth of the highest value.

    Only a fifth of a cosine schedule is that low, and it is clear on a linear axis.
    """
    return bool(values.size and np.quantile(values, 0.25) <= 0.101 * values.max() > 0)


def draw_curve(axes: Any, curve: Curve) -> None:
    """Draws a curve into axes of matplotlib. Values that are not finite are gaps."""
    for side, (epochs, values) in curve.lines.items():
        size = 3 if len(epochs) <= 30 else 1.5
        axes.plot(epochs, values, label=side, linewidth=1.4, markersize=size, **_STYLES[side])
    axes.set_title(title(curve.name), fontsize=10, loc="left")
    axes.set_xlabel("epoch", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    _set_scale(axes, curve)
    if "validation" in curve.lines:
        axes.legend(fontsize=8, frameon=False)


def _set_scale(axes, curve) -> None:
    from matplotlib.ticker import PercentFormatter

    values = np.concatenate([values for _, values in curve.lines.values()])
    finite = values[np.isfinite(values)]
    highest = max(finite, default=0)
    if is_fraction(curve.name) and highest <= 1:
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    elif curve.name == "learning_rate" and spans_decades(finite):
        axes.set_yscale("log")
    elif min(finite, default=0) >= 0:
        axes.set_ylim(0, 1.05 * highest or 1)


def _figure(found):
    from matplotlib.figure import Figure

    num_columns = min(len(found), 2)
    num_rows = math.ceil(len(found) / num_columns)
    figure = Figure((_WIDTH * num_columns, _HEIGHT * num_rows), layout="constrained")
    for index, curve in enumerate(found, 1):
        draw_curve(figure.add_subplot(num_rows, num_columns, index), curve)
    return figure


def _alt(curve) -> str:
    """Describes the first and the last value of each line."""
    descriptions = []
    for side, line in curve.lines.items():
        points = [f"{number(y)} in epoch {number(x)}" for x, y in zip(*line, strict=True)]
        ends = dict.fromkeys([points[0], points[-1]])
        descriptions.append(f"{title(curve.name)}, {side}: {', '.join(ends)}")
    return "; ".join(descriptions)
