"""Pictures of attention: frames side by side with arrows between them, as in Figure 3."""

from __future__ import annotations

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from .frames import Cell, as_frames, cells_in_frames
from .positions import TopPositions

TITLE_HEIGHT = 0.25  # inches
MIN_WEIGHT = 0.02  # as a fraction of the largest weight; smaller weights get no arrow
YELLOW, BLUE, RED = "#ffd21f", "#4cc3ff", "#ff3b30"  # positive and negative weights, the query


def draw_attention(
    frames: np.ndarray,
    found: TopPositions,
    path: PathLike,
    *,
    sample: int = 0,
    title: str = "",
    columns: int = 6,
    arrows: int = 20,
) -> None:
    """Draws attention to a PNG file, with a box at each query and arrows to what it attends to.

    The picture shows the frame of the query and the frames of the strongest targets, in the order
    of the clip. Thicker arrows mean larger weights. Arrows of negative weights, which only the dot
    product has, are blue.

    Source: Figure 3 of the paper.

    Args:
        frames: uint8 `(T, H, W, 3)`, the frames of the clip before normalization, or the pixels of
            an image `(H, W, 3)`.
        found: A result of `top_positions` for a batch with this clip or image.
        path: Path of the PNG file. It is replaced only when the picture is complete.
        sample: Index of the clip or image in the batch.
        title: Text above the frames.
        columns: Maximum number of frames to show.
        arrows: Maximum number of arrows.

    Raises:
        ValueError: The block is for sequences or regions, or the frames have another shape.
        OSError: The file cannot be written.

    Example:

    >>> from keras_nonlocal.explain.pixel_grid import tiles
    >>> found = keras_nonlocal.explain.TopPositions(
    ...     "res3_1_nonlocal",
    ...     cells=(2, 4, 4),
    ...     queries=np.array([[(0, 1, 1)]]),
    ...     positions=np.array([[[(1, 3, 2)]]]),
    ...     weights=np.array([[[0.2]]]),
    ...     pixels=tiles((4, 32, 32), (2, 4, 4)),
    ... )
    >>> frames = np.zeros((4, 32, 32, 3), "uint8")
    >>> keras_nonlocal.explain.draw_attention(frames, found, "attention.png")
    """
    from matplotlib.figure import Figure

    frames = as_frames(frames)
    lines = _strongest_lines(found, sample, len(frames), arrows)
    shown = _frames_to_show(lines, columns)
    height, width = frames.shape[1:3]
    scale = 2.4 / width
    figure = Figure(figsize=(width * scale * len(shown), height * scale + TITLE_HEIGHT), dpi=150)
    axes = figure.add_axes((0, 0, 1, height * scale / (height * scale + TITLE_HEIGHT)))
    axes.imshow(np.concatenate([frames[frame] for frame in shown], axis=1), interpolation="bicubic")
    axes.set_xlim(-0.5, width * len(shown) - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_axis_off()
    for column, frame in enumerate(shown):
        if len(frames) > 1:
            axes.text(column * width + 3, 3, f"frame {frame}", color="white", va="top", fontsize=8)
        axes.axvline(column * width - 0.5, color="white", linewidth=1)
    _draw_lines(axes, lines, shown, width)
    figure.suptitle(printable(title), x=0.01, y=0.98, ha="left", fontsize=9, parse_math=False)
    with replacing(path) as partial:
        figure.savefig(partial, format="png")


def _strongest_lines(
    found: TopPositions, sample: int, frames: int, arrows: int
) -> list[tuple[Cell, Cell | None, float]]:
    """The strongest pairs of a query and a target, with their weights; a query may have none."""
    queries = cells_in_frames(found, found.queries[sample], frames)
    targets = cells_in_frames(found, found.positions[sample], frames)
    weights = found.weights[sample]
    order = np.argsort(-np.abs(weights), axis=None, kind="stable")[:arrows]
    lines: list[tuple[Cell, Cell | None, float]] = []
    for query, k in zip(*np.unravel_index(order, weights.shape), strict=True):
        if abs(weights[query, k]) > MIN_WEIGHT * np.abs(weights).max():
            lines.append((queries[query], targets[query * weights.shape[1] + k], weights[query, k]))
    drawn = {line[0] for line in lines}
    return lines + [(query, None, 0.0) for query in queries if query not in drawn]


def _frames_to_show(lines, columns):
    """Indices of the frames of the queries and of the strongest targets, in ascending order."""
    frames = [query.frame for query, _, _ in lines]
    frames += [target.frame for _, target, _ in lines if target is not None]
    return sorted(list(dict.fromkeys(frames))[:columns])


def _draw_lines(axes, lines, shown, width):
    from matplotlib.patches import Rectangle

    def on_axes(cell):
        return cell.column + shown.index(cell.frame) * width, cell.row

    lines = [line for line in lines if line[0].frame in shown]
    strongest = max((abs(weight) for _, _, weight in lines), default=0.0)
    for query, target, weight in lines:
        if target is None or target.frame not in shown:
            continue
        strength = abs(weight) / strongest
        color = BLUE if weight < 0 else YELLOW
        style = {"arrowstyle": "-|>", "color": color, "alpha": 0.35 + 0.65 * strength}
        style |= {"linewidth": 0.4 + 1.4 * strength, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", on_axes(target), on_axes(query), arrowprops=style)
    for query in {query for query, _, _ in lines}:
        column, row = on_axes(query)
        corner = (column - query.width / 2, row - query.height / 2)
        box = Rectangle(corner, query.width, query.height, fill=False, edgecolor=RED, linewidth=2)
        axes.add_patch(box)
