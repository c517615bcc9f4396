"""Curves over the epochs: a column of the history and its `val_` twin share a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..pages.parts import BLUE, ORANGE, Section, chart, format_number, paragraph, png
from .history import VALIDATION, History, columns, is_share, not_finite, title

_WIDTH, _HEIGHT = 4.2, 2.5  # inches of one picture: readable on a phone
_NOT_DRAWN = ("epoch", "step")  # they only count
_STYLES = {
    "training": {"color": BLUE, "marker": "o"},
    "validation": {"color": ORANGE, "marker": "s"},
}


@dataclass(frozen=True)
class Curve:
    """One picture: values by epoch of the training, of the validation, or both."""

    name: str
    lines: dict[str, tuple[np.ndarray, np.ndarray]]


def section(history: History) -> Section | None:
    """All curves, each a picture of its own on the page, and together in one file."""
    found = curves(history)
    if not found:
        return None
    pictures = [chart(_alone(curve), _WIDTH, _alt(curve)) for curve in found]
    notes = [paragraph(note, "note") for note in not_finite(history)]
    body = ['<div class="grid">', *pictures, "</div>", *notes]
    return Section("Curves", "\n".join(body), _together(found))


def curves(history: History) -> list[Curve]:
    """The columns that are drawn, paired."""
    names = [name for name in columns(history) if name not in _NOT_DRAWN]
    found = []
    for base in dict.fromkeys(name.removeprefix(VALIDATION) for name in names):
        pair = {"training": base, "validation": VALIDATION + base}
        lines = {side: _line(history, name) for side, name in pair.items() if name in names}
        found.append(Curve(base, lines))
    return found


def falls_by_decades(values: np.ndarray) -> bool:
    """Whether a quarter of the values is a tenth of the highest or less, and none below nothing.

    A cosine spends a fifth of its way there, and looks right as it is.
    """
    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() < 0 or not finite.max() > 0:
        return False
    return bool(np.quantile(finite, 0.25) <= 0.101 * finite.max())


def draw_curves(axes: Any, curve: Curve) -> None:
    """Draws a curve into matplotlib's axes. What is not finite is a gap."""
    for side, (epochs, values) in curve.lines.items():
        size = 3 if len(epochs) <= 30 else 1.5
        axes.plot(epochs, values, label=side, linewidth=1.4, markersize=size, **_STYLES[side])
    axes.set_title(title(curve.name), fontsize=10, loc="left")
    axes.set_xlabel("epoch", fontsize=9)
    axes.tick_params(labelsize=9)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.get_major_locator().set_params(integer=True)
    _scale(axes, curve)
    if "validation" in curve.lines:
        axes.legend(fontsize=8, frameon=False)


def _scale(axes, curve) -> None:
    from matplotlib.ticker import PercentFormatter

    values = np.concatenate([values for _, values in curve.lines.values()])
    finite = values[np.isfinite(values)]
    if is_share(curve.name) and not (finite > 1).any():
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    elif curve.name == "learning_rate" and falls_by_decades(finite):
        axes.set_yscale("log")
    elif finite.size and finite.min() >= 0:
        axes.set_ylim(0, 1.05 * finite.max() or 1)


def _line(history, name):
    """Epochs that have this column, and its values; a gap is not a number."""
    rows = [row for row in history if name in row]
    values = [row[name] if math.isfinite(row[name]) else math.nan for row in rows]
    return np.array([row["epoch"] for row in rows]), np.array(values, float)


def _alone(curve) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    draw_curves(figure.add_subplot(), curve)
    return png(figure)


def _together(found) -> bytes:
    from matplotlib.figure import Figure

    across = min(len(found), 2)
    down = math.ceil(len(found) / across)
    figure = Figure((_WIDTH * across, _HEIGHT * down), layout="constrained")
    for place, curve in enumerate(found):
        draw_curves(figure.add_subplot(down, across, place + 1), curve)
    return png(figure)


def _alt(curve) -> str:
    return "; ".join(
        f"{title(curve.name)}, {side}: {_course(epochs, values)}"
        for side, (epochs, values) in curve.lines.items()
    )


def _course(epochs, values) -> str:
    ends = np.flatnonzero(np.isfinite(values))[[0, -1]] if np.isfinite(values).any() else ()
    said = [f"{format_number(float(values[end]))} in epoch {epochs[end]}" for end in ends]
    return ", ".join(said) or "no finite number"
