"""Plots of attention: frames side by side with arrows between them, as in Figure 3."""

from __future__ import annotations

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from .attention import Attention

TITLE_HEIGHT = 0.25  # inches
MIN_WEIGHT = 0.02  # as a fraction of the largest weight; smaller weights get no arrow


def draw_attention(
    frames: np.ndarray,
    attention: Attention,
    path: PathLike,
    *,
    title: str = "",
    columns: int = 6,
) -> None:
    """Plots attention to a PNG file, with a box at the query and arrows to its targets.

    The plot shows the frame of the query and the frames of the strongest targets, in the order of
    the clip. Thicker arrows mean larger weights.

    Args:
        frames: uint8 `(T, H, W, 3)`, the frames of the clip before normalization.
        attention: A result of `attend_to`.
        path: Path of the PNG file. It is replaced only when the plot is complete.
        title: Text above the frames.
        columns: Maximum number of frames to show.

    Raises:
        OSError: The file cannot be written.

    Example:

    >>> from keras_nonlocal.explain.attention import Attention, Position
    >>> query, target = Position(1, 8, 8), Position(3, 24, 16)
    >>> attention = Attention("res3_1_nonlocal", query, (target,), (0.5,), cell=(8, 8))
    >>> frames = np.zeros((8, 32, 32, 3), "uint8")
    >>> keras_nonlocal.explain.draw_attention(frames, attention, "attention.png")
    """
    from matplotlib.figure import Figure

    shown = _frames_to_show(attention, columns)
    height, width = frames.shape[1:3]
    scale = 2.4 / width
    figure = Figure(figsize=(width * scale * len(shown), height * scale + TITLE_HEIGHT), dpi=150)
    axes = figure.add_axes((0, 0, 1, height * scale / (height * scale + TITLE_HEIGHT)))
    axes.imshow(np.concatenate([frames[frame] for frame in shown], axis=1), interpolation="bicubic")
    axes.set_axis_off()
    for column, frame in enumerate(shown):
        axes.text(column * width + 3, 3, f"frame {frame}", color="white", va="top", fontsize=8)
        axes.axvline(column * width - 0.5, color="white", linewidth=1)
    _draw_arrows(axes, attention, shown, width)
    figure.suptitle(printable(title), x=0.01, y=0.98, ha="left", fontsize=9, parse_math=False)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")


def _frames_to_show(attention, columns):
    """Indices of the frames of the query and of the strongest targets, in ascending order."""
    frames = [round(attention.query.frame), *(round(target.frame) for target in attention.targets)]
    return sorted(list(dict.fromkeys(frames))[:columns])


def _draw_arrows(axes, attention, shown, width):
    from matplotlib.patches import Rectangle

    query = attention.query
    start = (query.column + shown.index(round(query.frame)) * width, query.row)
    strongest = max(attention.weights, default=0.0)
    for target, weight in zip(attention.targets, attention.weights, strict=True):
        if round(target.frame) not in shown or weight <= MIN_WEIGHT * strongest:
            continue
        strength = weight / strongest
        end = (target.column + shown.index(round(target.frame)) * width, target.row)
        style = {"arrowstyle": "-|>", "color": "#ffd21f", "alpha": 0.35 + 0.65 * strength}
        style |= {"linewidth": 0.4 + 1.4 * strength, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops=style)
    cell_height, cell_width = attention.cell
    corner = (start[0] - cell_width / 2, start[1] - cell_height / 2)
    box = Rectangle(corner, cell_width, cell_height, fill=False, edgecolor="#ff3b30", linewidth=2)
    axes.add_patch(box)
