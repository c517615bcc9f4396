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
        positions: Integer grid coordinates: `(K, rank)`, or a tensor `(B, K, rank)` of others in
            each sample, which is not checked.
        theta, phi, key_mask: Projections of the input, in sets of positions as `fold` makes them.

    Returns:
        `(B, K, *key_grid)`, zero for keys outside the set of the position.

    Raises:
        ValueError: `positions` are no integer coordinates on the grid.
    """
    _, *grid, _ = shape
    key_grid = tuple(size // pool for size, pool in zip(grid, layer.pool_sizes, strict=True))
    queries = _flat_indices(layer, grid)  # (sets, N)
    keys = _flat_indices(layer, key_grid)  # (sets, M)
    place = np.argsort(queries, axis=None)  # flat index -> place in the concatenated sets
    sets, number = queries.shape
    theta = ops.reshape(theta, (-1, sets * number, theta.shape[-1]))
    if ops.is_tensor(positions) and len(positions.shape) == 3:
        strides = ops.convert_to_tensor([*map(int, np.cumprod([1, *grid[:0:-1]])[::-1])], "int32")
        flat = ops.sum(ops.cast(positions, "int32") * strides, axis=-1)
        places, used = ops.take(place.astype("int32"), flat), [*range(sets)]
        samples = ops.arange(ops.shape(theta)[0], dtype="int32")[:, None]
        all_rows = ops.reshape(theta, (-1, theta.shape[-1]))
        theta = ops.take(all_rows, places + samples * place.size, axis=0)
    else:
        positions = _check_positions(positions, tuple(grid), layer.rank)
        places = place[np.ravel_multi_index(tuple(positions.T), tuple(grid))]
        theta, used = ops.take(theta, places, axis=1), np.unique(places // number).tolist()
    parts = []
    for current in used:
        chosen = slice(current, None, sets)  # this set, in each sample of the batch
        mask = None if key_mask is None else key_mask[chosen]
        row = AFFINITIES[layer.instantiation](upcast(theta), upcast(phi[chosen]), mask)
        source = np.full(keys.size, keys.shape[1])  # keys of other sets read the zero at the end
        source[keys[current]] = np.arange(keys.shape[1])
        row = ops.take(ops.pad(row, ((0, 0), (0, 0), (0, 1))), source, axis=2)
        parts.append(ops.where((places // number == current)[..., None], row, 0.0))
    return ops.reshape(sum(parts[1:], parts[0]), (-1, ops.shape(parts[0])[1], *key_grid))


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
