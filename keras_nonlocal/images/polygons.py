"""Polygons as masks, pixel for pixel as COCO's own tools draw them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_FINE = 5  # borders are followed on a grid that is five times as fine as the pixels


def draw_polygons(polygons: Sequence[Sequence[float]], height: int, width: int) -> np.ndarray:
    """Draws the union of polygons as a mask.

    Args:
        polygons: For each polygon its corners `x, y, x, y, ...` in pixels, where pixel `n` reaches
            from `n` to `n + 1`.
        height, width: Size of the mask.

    Returns:
        uint8 `(height, width)` of zeros and ones.

    >>> draw_polygons([[1, 0, 3, 0, 3, 1, 1, 1]], 2, 4).tolist()
    [[0, 1, 1, 0], [0, 0, 0, 0]]
    """
    mask = np.zeros((width, height), "uint8")  # column by column
    for polygon in polygons:
        columns, rows = _crossings(np.asarray(polygon, "float64").reshape(-1, 2), height, width)
        if not columns.size:
            continue
        # Within a column, each crossing of the border changes inside to outside, or back. What
        # crosses at the bottom (row = height) begins in the next column, as in COCO's runs.
        start, stop = int(columns.min()), int(columns.max()) + 2
        places = (columns - start) * height + rows
        counts = np.bincount(places, minlength=(stop - start) * height + 1)
        inside = (np.cumsum(counts[: (stop - start) * height]) % 2).astype("uint8")
        columns_there = min(stop, width) - start
        mask[start : start + columns_there] |= inside.reshape(-1, height)[:columns_there]
    return np.ascontiguousarray(mask.T)


def _crossings(corners: np.ndarray, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a border crosses the middle lines of columns: column, and first row below it."""
    x, y = _border(corners)
    step = np.flatnonzero(x[1:] != x[:-1])
    column = (np.minimum(x[step], x[step + 1]) + 0.5) / _FINE - 0.5
    row = (np.minimum(y[step], y[step + 1]) + 0.5) / _FINE - 0.5
    is_middle = (column == np.floor(column)) & (column >= 0) & (column <= width - 1)
    rows = np.ceil(np.clip(row[is_middle], 0, height))
    return column[is_middle].astype("int64"), rows.astype("int64")


def _border(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All points of the fine grid along the border, edge by edge."""
    points = np.trunc(_FINE * corners + 0.5).astype("int64")
    begin, end = points, np.roll(points, -1, axis=0)
    length = np.abs(end - begin).max(axis=1)
    edge = np.repeat(np.arange(len(points)), length + 1)
    steps = np.arange(edge.size) - np.repeat(np.cumsum(length + 1) - length - 1, length + 1)
    # Edges are drawn from left to right or from top to bottom, whichever is the longer way, so that
    # two objects with a common edge agree about it.
    is_wide = np.abs(end - begin)[:, 0] >= np.abs(end - begin)[:, 1]
    way = np.where(is_wide, end[:, 0] - begin[:, 0], end[:, 1] - begin[:, 1])
    is_back = way < 0
    first = np.where(is_back[:, None], end, begin)[edge]
    slope = np.where(is_back[:, None], begin - end, end - begin) / np.maximum(length, 1)[:, None]
    along = np.where(is_back[edge], length[edge] - steps, steps)
    exact = first + slope[edge] * along[:, None]
    x = np.where(is_wide[edge], first[:, 0] + along, np.trunc(exact[:, 0] + 0.5).astype("int64"))
    y = np.where(is_wide[edge], np.trunc(exact[:, 1] + 0.5).astype("int64"), first[:, 1] + along)
    return x, y
