"""Rows of a non-local layer's affinity, for chosen positions of its input."""

from __future__ import annotations

import numpy as np
from keras import ops

from ..ops.pairwise import AFFINITIES, upcast
from ..ops.positions import fold


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
    place = np.argsort(queries, axis=None)  # of each position, in the sets one after another
    numbers = np.ravel_multi_index(tuple(positions.T), tuple(grid))
    owner, query = np.divmod(place[numbers], queries.shape[1])
    rows = []
    for owning in np.unique(owner):
        chosen = slice(owning, None, len(queries))  # this set, in each sample of the batch
        asked = ops.take(theta[chosen], query[owner == owning], axis=1)
        mask = None if key_mask is None else key_mask[chosen]
        row = AFFINITIES[layer.instantiation](upcast(asked), upcast(phi[chosen]), mask)
        source = np.full(keys.size, keys.shape[1])  # keys of other sets take the zero at the end
        source[keys[owning]] = np.arange(keys.shape[1])
        rows.append(ops.take(ops.pad(row, ((0, 0), (0, 0), (0, 1))), source, axis=2))
    as_asked = np.argsort(np.argsort(owner, kind="stable"))
    rows = ops.take(ops.concatenate(rows, axis=1), as_asked, axis=1)
    return ops.reshape(rows, (batch, len(positions), *key_grid))


def _numbered(layer, grid):
    """Which position of `grid`, counted T, H, W, sits where after folding: `(sets, N)`."""
    numbers = np.arange(np.prod(grid))[:, None]
    return fold(numbers, (1, *grid), layer.axes, layer.temporal_groups, np)[..., 0]


def _check_positions(positions, grid, rank):
    array = np.asarray(positions)
    shaped = array.ndim == 2 and array.shape[0] > 0 and array.shape[1] == rank
    if not shaped or array.dtype.kind not in "iu":
        raise ValueError(
            f"`positions` must be integer coordinates of shape (K, {rank}), one row or more. "
            f"Received: positions={positions!r}"
        )
    if (array < 0).any() or (array >= np.array(grid)).any():
        raise ValueError(
            f"`positions` must lie on the input's grid {grid}. Received: {positions!r}"
        )
    return array
