"""Draws what one position attends to: frames side by side, arrows between them (Figure 3)."""

from __future__ import annotations

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from .attention import Attention

TITLE = 0.25  # inches above the frames
FAINTEST = 0.02  # of the strongest weight; fainter ones get no arrow


def draw_attention(
    frames: np.ndarray,
    attention: Attention,
    path: PathLike,
    *,
    title: str = "",
    columns: int = 6,
) -> None:
    """Writes a PNG: the query position boxed, arrows to the strongest positions elsewhere.

    Shown are the query's frame and the frames that its arrows end in, the strongest first.
    Thicker arrows are larger weights.

    Args:
        frames: uint8 `(T, H, W, 3)`, the clip that was explained, as people see it.
        attention: What `attend_to` found.
        path: Where to. The file appears when it is complete.
        title: A line above the frames.
        columns: How many frames to show.
    """
    from matplotlib.figure import Figure

    shown = _frames_to_show(attention, columns)
    height, width = frames.shape[1:3]
    scale = 2.4 / width
    figure = Figure(figsize=(width * scale * len(shown), height * scale + TITLE), dpi=150)
    axes = figure.add_axes((0, 0, 1, height * scale / (height * scale + TITLE)))
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
    """The query's frame and those of the strongest targets, in the order of the clip."""
    frames = [round(attention.query.frame), *(round(place.frame) for place in attention.targets)]
    return sorted(list(dict.fromkeys(frames))[:columns])


def _draw_arrows(axes, attention, shown, width):
    query = attention.query
    start = (query.column + shown.index(round(query.frame)) * width, query.row)
    strongest = max(attention.weights, default=0.0)
    for place, weight in zip(attention.targets, attention.weights, strict=True):
        if round(place.frame) not in shown or weight <= FAINTEST * strongest:
            continue
        strength = weight / strongest
        end = (place.column + shown.index(round(place.frame)) * width, place.row)
        style = {"arrowstyle": "-|>", "color": "#ffd21f", "alpha": 0.35 + 0.65 * strength}
        style |= {"linewidth": 0.4 + 1.4 * strength, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", end, start, arrowprops=style)
    cell_height, cell_width = attention.cell
    corner = (start[0] - cell_width / 2, start[1] - cell_height / 2)
    axes.add_patch(_box(corner, cell_width, cell_height))


def _box(corner, width, height):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, fill=False, edgecolor="#ff3b30", linewidth=2)
