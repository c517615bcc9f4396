"""Rows of a non-local layer's affinity, for chosen positions of its input."""

from __future__ import annotations

import numpy as np
from keras import ops

from ..ops import AFFINITIES, fold, wide


def attention_rows(layer, shape, positions, theta, phi, key_mask):
    """The affinity of `positions` with every key, on the grid of keys.

    Args:
        layer: A non-local layer.
        shape: Of its input, `(B, *grid, C)`.
        positions: `(K, rank)` integer grid coordinates.
        theta, phi, key_mask: What the layer projects its input to, in sets of positions.

    Returns:
        `(B, K, *key_grid)`, zero for keys of other sets than the position's.
    """
    batch, *grid, _ = shape
    key_grid = tuple(size // pool for size, pool in zip(grid, layer.pool_sizes, strict=True))
    positions = _check_positions(positions, tuple(grid), layer.rank)
    queries, keys = _numbered(layer, grid), _numbered(layer, key_grid)  # (sets, N), (sets, M)
    rows = []
    for position in np.ravel_multi_index(tuple(positions.T), tuple(grid)):
        ((which, query),) = np.argwhere(queries == position)
        chosen = slice(which, None, len(queries))  # this set, in each sample of the batch
        mask = None if key_mask is None else key_mask[chosen]
        affinity = AFFINITIES[layer.instantiation]
        row = affinity(wide(theta[chosen, query : query + 1]), wide(phi[chosen]), mask)
        place = np.zeros((keys.shape[1], int(np.prod(key_grid))), "float32")
        place[np.arange(keys.shape[1]), keys[which]] = 1
        rows.append(ops.matmul(row, place))
    return ops.reshape(ops.concatenate(rows, axis=1), (batch, len(positions), *key_grid))


def _numbered(layer, grid):
    """Which position of `grid`, counted T, H, W, sits where after folding: `(sets, N)`."""
    numbers = np.arange(np.prod(grid)).reshape(1, *grid, 1)
    folded = fold(ops.convert_to_tensor(numbers), layer.axes, layer.temporal_groups)
    return ops.convert_to_numpy(folded)[..., 0]


def _check_positions(positions, grid, rank):
    array = np.asarray(positions)
    if array.ndim != 2 or array.shape[1] != rank or array.dtype.kind not in "iu":
        raise ValueError(
            f"`positions` must be integer coordinates of shape (K, {rank}). "
            f"Received: positions={positions!r}"
        )
    if (array < 0).any() or (array >= np.array(grid)).any():
        raise ValueError(
            f"`positions` must lie on the input's grid {grid}. Received: {positions!r}"
        )
    return array
