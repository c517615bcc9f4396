"""A drawing of what happens when in a video: frames, segments, and probabilities over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.text import shortened
from .sections import GRAY

MOST_CLASSES = 8  # that have a color and a line
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31")
_WIDTH = 11.0  # inches
_LEAST_WIDTH = 0.06  # of a segment whose name is written into it, as a share of the drawing


def draw_timeline(
    path: Path,
    windows: Sequence[tuple[float, np.ndarray]],
    segments: Sequence[tuple[float, float, str | None]],
    class_names: Sequence[str],
    pictures: Sequence[tuple[float, np.ndarray]] = (),
) -> None:
    """Draws a timeline.

    Args:
        path: The PNG file. It is written completely or not at all.
        windows: The time in the center of each window, in seconds, and the probability of each
            class.
        segments: Start, end and label of each segment; `None` means that no class is probable
            enough.
        class_names: Names of the classes.
        pictures: Times and frames of the video, uint8 `(H, W, 3)`.
    """
    from matplotlib.figure import Figure

    start, end = segments[0][0], segments[-1][1]
    colors = _colors(windows, segments, class_names)
    heights = [1.0] * bool(pictures) + [0.4, 1.6]
    figure = Figure((_WIDTH, sum(heights) + 0.8), layout="constrained")
    rows = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    if pictures:
        _draw_pictures(rows[0], pictures, start, end)
    _draw_segments(rows[-2], segments, colors)
    _draw_lines(rows[-1], windows, colors, class_names)
    rows[-1].set_xlim(start, end)
    rows[-1].set_xlabel("seconds", fontsize=9)
    with replacing(path) as partial:
        figure.savefig(partial, dpi=110, format="png")


def _colors(windows, segments, class_names) -> dict[str, str]:
    """A color for each class of the segments, and for others that are probable somewhere."""
    seconds = dict.fromkeys(class_names, 0.0)
    for start, end, label in segments:
        if label is not None:
            seconds[label] += end - start
    most = np.max([values for _, values in windows], axis=0)
    order = sorted(
        range(len(class_names)), key=lambda i: (-seconds[class_names[i]], -most[i], class_names[i])
    )
    return dict(zip((class_names[i] for i in order[:MOST_CLASSES]), _COLORS, strict=False))


def _draw_pictures(axes, pictures, start: float, end: float) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    axes.set_ylim(0, 1)
    axes.axis("off")
    for moment, pixels in pictures:
        image = OffsetImage(pixels, zoom=66 / max(pixels.shape[0], 0.75 * pixels.shape[1]))
        axes.add_artist(AnnotationBbox(image, (moment, 0.5), frameon=False, pad=0))


def _draw_segments(axes, segments, colors: dict[str, str]) -> None:
    whole = segments[-1][1] - segments[0][0]
    for start, end, label in segments:
        color = "#e6e6e6" if label is None else colors.get(label, GRAY)
        axes.barh(0, end - start, left=start, height=1, color=color, edgecolor="white")
        if label is not None and end - start >= _LEAST_WIDTH * whole:
            middle = (start + end) / 2
            name = shortened(label, max(int(90 * (end - start) / whole), 3))
            axes.text(
                middle, 0, name, ha="center", va="center", color="white", fontsize=8, clip_on=True,
                parse_math=False,
            )  # fmt: skip
    axes.set_ylim(-0.5, 0.5)
    axes.set_yticks([])
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _draw_lines(axes, windows, colors: dict[str, str], class_names) -> None:
    times = [time for time, _ in windows]
    for name, color in colors.items():
        values = [probabilities[class_names.index(name)] for _, probabilities in windows]
        axes.plot(times, values, color=color, linewidth=1.3, label=shortened(name), marker=".")
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("probability", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    legend = axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
