"""The positions of a block that attend: chosen on its grid, in pixels, or by what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from .evidence import evidence_of_call
from .pixel_grid import PixelGrid, pixel_grid
from .recording import BlockCall

BY_CONTENT = ("motion", "strongest")


@dataclass(frozen=True)
class Position:
    """A point of the input, in frames and pixels.

    Attributes:
        frame: Index of the frame, or the step of a sequence. An image has the frame 0.
        row, column: Place in the frame, in pixels. A sequence has neither.

    Example:

    >>> keras_nonlocal.explain.Position(frame=3, row=20, column=44)
    Position(frame=3, row=20, column=44)
    """

    frame: float = 0
    row: float = 0
    column: float = 0


@dataclass(frozen=True)
class Box:
    """A rectangle of a frame, in pixels: from its upper left to its lower right corner.

    Attributes:
        x0, y0, x1, y1: Left, upper, right and lower edge.
        frame: Index of the frame. An image has the frame 0.

    Example:

    >>> keras_nonlocal.explain.Box(10, 20, 30, 60, frame=3)
    Box(x0=10, y0=20, x1=30, y1=60, frame=3)
    """

    x0: float
    y0: float
    x1: float
    y1: float
    frame: float = 0


def input_map(inputs: Any, rank: int) -> np.ndarray | None:
    """Returns the input `(B, *sizes, C)` with as many dimensions as the block has, or `None`."""
    arrays = inputs.values() if isinstance(inputs, Mapping) else [inputs]
    return next((np.asarray(each) for each in arrays if len(each.shape) == rank + 2), None)


def grid_in_pixels(model: keras.Model, inputs: Any, call: BlockCall) -> PixelGrid | None:
    """Returns the cells of a block in pixels of the input; `None` for blocks on regions."""
    grid = tuple(call.x.shape[1:-1])
    pixels = input_map(inputs, len(grid))
    if pixels is None or len(pixels) != len(call.x):
        return None
    return pixel_grid(model, call.name, pixels.shape[1:-1], grid)


def resolve(
    model: keras.Model, inputs: Any, call: BlockCall, queries: Any, score: Any
) -> np.ndarray:
    """Returns the positions on the grid of the block that `queries` means: int `(B, Q, rank)`."""
    batch, *grid = call.x.shape[:-1]
    if isinstance(queries, str) and queries == "strongest":
        evidence = evidence_of_call(call, score)
        best = evidence.reshape(batch, -1).argmax(axis=1)
        return np.stack(np.unravel_index(best, grid), axis=-1)[:, None]
    if isinstance(queries, str | Position | Box):
        pixels = grid_in_pixels(model, inputs, call)
        if pixels is None:
            raise ValueError(
                f"{call.name!r} sees regions or features that are not laid out as the input, so "
                "`queries` must be positions on its grid, or 'strongest'. "
                f"Received: queries={queries!r}"
            )
        if isinstance(queries, str):
            chosen = _at_motion(queries, input_map(inputs, len(grid)), pixels)
        else:
            points = _in_pixels(queries, pixels)
            chosen = np.broadcast_to(points, (batch, *points.shape))
        return chosen
    positions = np.asarray(queries)
    if positions.ndim == 2:
        positions = np.broadcast_to(positions, (batch, *positions.shape))
    if positions.ndim != 3 or positions.shape[::2] != (batch, len(grid)) or not positions.shape[1]:
        raise ValueError(
            f"`queries` must be one of {', '.join(map(repr, BY_CONTENT))}, a `Position`, a `Box`, "
            f"or integer positions (Q, {len(grid)}) on the grid of the block. "
            f"Received: queries={queries!r:.200}"
        )
    return positions


def cell_means(values: np.ndarray, grid: PixelGrid) -> np.ndarray:
    """Averages values `(*sizes)` over the pixels of each cell: `(*cells)`."""
    for axis, (number, start, step) in enumerate(
        zip(grid.cells, grid.starts, grid.steps, strict=True)
    ):
        away = np.arange(values.shape[axis]) - (start + step * np.arange(number)[:, None])
        inside = (-step / 2 <= away) & (away < step / 2)
        weights = inside / np.maximum(inside.sum(axis=1, keepdims=True), 1)
        values = np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)
    return values


def _at_motion(name: str, clips: np.ndarray | None, grid: PixelGrid) -> np.ndarray:
    """The position of each clip where it differs most from its mean over time."""
    if name != "motion" or clips is None or len(grid.cells) == 2:
        raise ValueError(
            f"`queries` must be one of {', '.join(map(repr, BY_CONTENT))}, and 'motion' needs "
            f"clips or sequences. Received: queries={name!r} for a grid {grid.cells}"
        )
    clips = clips.astype("float32")
    changes = np.abs(clips - clips.mean(axis=1, keepdims=True)).mean(axis=-1)
    means = [cell_means(change, grid) for change in changes]
    return np.stack([np.unravel_index(each.argmax(), grid.cells) for each in means])[:, None]


def _in_pixels(query: Position | Box, grid: PixelGrid) -> np.ndarray:
    """The cell at a point, or those with their center in a box and at least that of its center."""
    kept = {1: [0], 2: [1, 2], 3: [0, 1, 2]}[len(grid.cells)]
    if isinstance(query, Position):
        return np.array([grid.cell_at(np.array([query.frame, query.row, query.column])[kept])])
    if not (query.x0 < query.x1 and query.y0 < query.y1) or len(grid.cells) == 1:
        raise ValueError(
            "A `Box` needs x0 < x1 and y0 < y1, and a block for images or clips. "
            f"Received: {query} for a grid {grid.cells}"
        )
    middle = np.array([query.frame, (query.y0 + query.y1) / 2, (query.x0 + query.x1) / 2])[kept]
    center: np.ndarray = np.array(grid.cell_at(middle))
    positions = np.stack(np.meshgrid(*map(np.arange, grid.cells), indexing="ij"), axis=-1)
    y, x = np.moveaxis(grid.centers(positions)[..., -2:], -1, 0)
    inside = (query.x0 <= x) & (x <= query.x1) & (query.y0 <= y) & (y <= query.y1)
    if len(grid.cells) == 3:
        inside &= positions[..., 0] == center[0]
    return positions[inside] if inside.any() else center[None]
