"""Curves over the epochs: a column of the history and its `val_` twin share a picture."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .history import VALIDATION, History, columns, is_share, title
from .sections import BLUE, ORANGE, Section, chart_of, number, png

_WIDTH, _HEIGHT = 4.2, 2.5  # inches of one picture: readable on a phone
_NOT_DRAWN = ("epoch", "step")  # they only count
_STYLES = {
    "training": {"color": BLUE, "marker": "o"},
    "validation": {"color": ORANGE, "marker": "s"},
}


class Curve(NamedTuple):
    """One picture: epochs and values of the training, of the validation, or of both."""

    name: str
    lines: dict[str, tuple[np.ndarray, ...]]


def curves_section(history: History) -> Section | None:
    """All curves: each is a picture of its own on the page, and one file holds them together."""
    found = curves(history)
    if not found:
        return None
    charts = [chart_of(_figure([curve]), _alt(curve)) for curve in found]
    return Section("Curves", charts, png=png(_figure(found)))


def curves(history: History) -> list[Curve]:
    """The columns that are drawn, paired."""
    found: dict[str, Curve] = {}
    for name in columns(history):
        if name not in _NOT_DRAWN:
            base = name.removeprefix(VALIDATION)
            points = [(row["epoch"], row[name]) for row in history if name in row]
            lines = found.setdefault(base, Curve(base, {})).lines
            lines["training" if name == base else "validation"] = tuple(np.array(points, float).T)
    return list(found.values())


def falls_by_decades(values: np.ndarray) -> bool:
    """Whether a quarter of the values is a tenth of the highest value or less.

    A cosine spends a fifth of its way there, and looks right as it is.
    """
    return bool(values.size and np.quantile(values, 0.25) <= 0.101 * values.max() > 0)


def draw_curves(axes: Any, curve: Curve) -> None:
    """Draws a curve into the axes of matplotlib. A value that is not finite is a gap."""
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
    _scale(axes, curve)
    if "validation" in curve.lines:
        axes.legend(fontsize=8, frameon=False)


def _scale(axes, curve) -> None:
    from matplotlib.ticker import PercentFormatter

    values = np.concatenate([values for _, values in curve.lines.values()])
    finite = values[np.isfinite(values)]
    highest = max(finite, default=0)
    if is_share(curve.name) and highest <= 1:
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    elif curve.name == "learning_rate" and falls_by_decades(finite):
        axes.set_yscale("log")
    elif min(finite, default=0) >= 0:
        axes.set_ylim(0, 1.05 * highest or 1)


def _figure(found):
    from matplotlib.figure import Figure

    across = min(len(found), 2)
    down = math.ceil(len(found) / across)
    figure = Figure((_WIDTH * across, _HEIGHT * down), layout="constrained")
    for place, curve in enumerate(found, 1):
        draw_curves(figure.add_subplot(down, across, place), curve)
    return figure


def _alt(curve) -> str:
    said = []
    for side, line in curve.lines.items():
        ends = [
            f"{number(value)} in epoch {number(epoch)}" for epoch, value in zip(*line, strict=True)
        ]
        said.append(f"{title(curve.name)}, {side}: {', '.join(dict.fromkeys([ends[0], ends[-1]]))}")
    return "; ".join(said)
