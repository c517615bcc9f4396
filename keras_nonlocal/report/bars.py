"""A chart with a bar for each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..utils.text import shortened
from .sections import BLUE, GRAY, ORANGE

MAX_BARS = 40  # with more classes, half of the bars show the best and half the worst classes
_WIDTH, _BAR, _MARGIN = 5.2, 0.21, 0.75  # inches


def class_bars(metric: str, names: Sequence[str], values: np.ndarray, notes: Sequence[str]) -> Any:
    """Draws a bar for each class, with a gap where classes are not shown.

    Args:
        metric: Name of the metric.
        names: Names of the classes.
        values: The metric of each class, from 0 to 1.
        notes: What stands at the right of each bar.

    Returns:
        A figure of matplotlib.
    """
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
    labels = [shortened(names[int(index)]) for index in shown]
    axes.set_yticks(positions, labels, fontsize=8, parse_math=False)
    axes.set_ylim(positions[-1] + 0.6, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    right_axis = axes.secondary_yaxis("right")
    right_axis.set_yticks(positions, [notes[int(index)] for index in shown])
    right_axis.tick_params(length=0, labelsize=7.5, labelcolor=GRAY)
    right_axis.spines["right"].set_visible(False)
    axes.set_title(f"{metric} by class", fontsize=10, loc="left")
    return figure
