"""How narrowly and how far a few queries of a block look, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from ..ops.positions import fold
from .pixel_grid import PixelGrid, tiles
from .recording import BlockCall
from .rows import over_windows, shares_of_positions

SETS, QUERIES, SAMPLES = 4, 16, 8  # of a batch: sets of positions, queries of a set, samples


def attention_of(call: BlockCall, grid: PixelGrid | None) -> dict[str, list[float]]:
    """What the attention of a few queries is like, one number for each of these."""
    layer, cells = call.layer, tuple(int(size) for size in call.x.shape[1:-1])
    grid = grid or tiles(cells, cells)
    everywhere = grid.centers(np.moveaxis(np.indices(cells), 0, -1))
    found: dict[str, list[float]] = {
        name: [] for name in ("entropy", "dependence", "space", "time", "same_frame")
    }
    for sample in range(min(len(call.x), SAMPLES)):
        x = call.x[sample : sample + 1]
        mask = None if call.mask is None else call.mask[sample : sample + 1]
        shares = shares_of_positions(layer, x, mask)
        for positions, keys in _sets_of_queries(layer, cells):
            rows = np.abs(as_numpy(layer.attention(x, positions, mask))[0])
            rows = rows / np.maximum(_sum(rows), 1e-30)
            flat = rows.reshape(len(rows), -1)
            reached = np.count_nonzero(flat, axis=1) if mask is not None else keys
            entropy = -(flat * np.log(np.maximum(flat, 1e-30))).sum(axis=1)
            found["entropy"] += (entropy / np.log(np.maximum(reached, 2))).tolist()
            if len(flat) > 1:
                found["dependence"] += (np.abs(flat - flat.mean(axis=0)).sum(axis=1) / 2).tolist()
            fine = over_windows(rows, layer.pool_sizes, cells) * shares
            for row, position in zip(fine, positions, strict=True):
                away = np.abs(everywhere - grid.centers(position))
                if len(cells) > 1:
                    space = np.linalg.norm(away[..., -2:], axis=-1)
                    found["space"].append(float((row * space).sum()))
                if len(cells) != 2:
                    found["time"].append(float((row * away[..., 0]).sum()))
                if len(cells) == 3:
                    found["same_frame"].append(float(row[position[0]].sum()))
    return found


def _sets_of_queries(layer: Any, cells: tuple[int, ...]) -> Iterator[tuple[np.ndarray, int]]:
    """Yields queries of one set of positions that attend to each other, and the number of keys."""
    number = int(np.prod(cells))
    sets = fold(np.arange(number)[:, None], (1, *cells), layer.axes, layer.temporal_groups, np)
    keys = int(np.prod(np.array(cells) // np.array(layer.pool_sizes))) // len(sets)
    for chosen in _spread(sets[..., 0], SETS):
        indices = np.unravel_index(_spread(chosen, QUERIES), cells)
        yield np.stack(indices, axis=-1), keys


def _spread(values: np.ndarray, number: int) -> np.ndarray:
    """Evenly spread ones of some values."""
    return values[np.unique(np.linspace(0, len(values) - 1, number).astype(int))]


def _sum(rows: np.ndarray) -> np.ndarray:
    return rows.sum(axis=tuple(range(1, rows.ndim)), keepdims=True)


def as_numpy(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")).astype("float64")
