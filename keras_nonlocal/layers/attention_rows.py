"""Rows of the affinity matrix of a non-local layer."""

from __future__ import annotations

import numpy as np
from keras import ops

from ..ops.pairwise import AFFINITIES, upcast
from ..ops.positions import fold


def attention_rows(layer, shape, positions, theta, phi, key_mask):
    """Computes the affinity of chosen positions with all keys.

    Args:
        layer: A non-local layer.
        shape: Shape of its input, `(B, *grid, C)`.
        positions: `(K, rank)` integer grid coordinates.
        theta, phi, key_mask: Projections of the input, in sets of positions as `fold` makes them.

    Returns:
        `(B, K, *key_grid)`, zero for keys outside the set of the position.

    Raises:
        ValueError: `positions` are no integer coordinates on the grid.
    """
    batch, *grid, _ = shape
    key_grid = tuple(size // pool for size, pool in zip(grid, layer.pool_sizes, strict=True))
    positions = _check_positions(positions, tuple(grid), layer.rank)
    queries = _flat_indices(layer, grid)  # (sets, N)
    keys = _flat_indices(layer, key_grid)  # (sets, M)
    place = np.argsort(queries, axis=None)  # flat index -> place in the concatenated sets
    flat_positions = np.ravel_multi_index(tuple(positions.T), tuple(grid))
    sets, columns = np.divmod(place[flat_positions], queries.shape[1])
    rows = []
    for current in np.unique(sets):
        chosen = slice(current, None, len(queries))  # this set, in each sample of the batch
        theta_rows = ops.take(theta[chosen], columns[sets == current], axis=1)
        mask = None if key_mask is None else key_mask[chosen]
        row = AFFINITIES[layer.instantiation](upcast(theta_rows), upcast(phi[chosen]), mask)
        source = np.full(keys.size, keys.shape[1])  # keys of other sets read the zero at the end
        source[keys[current]] = np.arange(keys.shape[1])
        rows.append(ops.take(ops.pad(row, ((0, 0), (0, 0), (0, 1))), source, axis=2))
    original_order = np.argsort(np.argsort(sets, kind="stable"))
    rows = ops.take(ops.concatenate(rows, axis=1), original_order, axis=1)
    return ops.reshape(rows, (batch, len(positions), *key_grid))


def _flat_indices(layer, grid):
    """The flat index (in the order T, H, W) of each position after folding: `(sets, N)`."""
    indices = np.arange(np.prod(grid))[:, None]
    return fold(indices, (1, *grid), layer.axes, layer.temporal_groups, np)[..., 0]


def _check_positions(positions, grid, rank):
    array = np.asarray(positions)
    is_list = array.ndim == 2 and array.shape[0] > 0 and array.shape[1] == rank
    if not is_list or array.dtype.kind not in "iu":
        raise ValueError(
            f"`positions` must be integer coordinates of shape (K, {rank}) with at least one row. "
            f"Received: positions={positions!r}"
        )
    if (array < 0).any() or (array >= np.array(grid)).any():
        raise ValueError(
            f"`positions` must lie on the grid {grid} of the input. Received: {positions!r}"
        )
    return array
