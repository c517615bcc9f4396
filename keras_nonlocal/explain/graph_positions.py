"""The most attended positions of a block, computed in a graph of TensorFlow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf


def top_positions_in_graph(layer: Any, x: Any, queries: Any, k: int) -> tuple[Any, Any]:
    """Finds what `top_positions` finds, for positions that only a request will tell.

    Args:
        layer: A non-local block.
        x: Its input `(B, *grid, C)`, whose grid is static.
        queries: Integers on its grid, `(B, Q, rank)`.
        k: Number of positions to find for each query.

    Returns:
        The positions, int32 `(B, Q, k, rank)`, strongest first, and their weights `(B, Q, k)`.
        Where a position attends to fewer than k others, the rest is -1 with a weight of zero.
    """
    grid = tuple(x.shape[1:-1])
    rows = _over_windows(layer.attention(x, queries), layer.pool_sizes, grid, 2)
    values = tf.cast(layer.g(x) if layer.pool_position == "after" else x, tf.float32)
    shares = _shares(values, layer, grid)
    rows = tf.reshape(rows * shares[:, None], (tf.shape(rows)[0], tf.shape(rows)[1], -1))
    found = min(k, int(np.prod(grid)))
    _, best = tf.math.top_k(tf.abs(rows), found)
    weights = tf.gather(rows, best, batch_dims=2)
    strides = np.cumprod([1, *grid[:0:-1]])[::-1]
    positions = tf.stack([best // s % n for s, n in zip(strides, grid, strict=True)], axis=-1)
    positions = tf.where((weights != 0)[..., None], positions, -1)
    rest = [[0, 0], [0, 0], [0, k - found]]
    return tf.pad(positions, [*rest, [0, 0]], constant_values=-1), tf.pad(weights, rest)


def _over_windows(x, pool, grid, first):
    """Repeats what each window has at all of its positions, with zeros in no window.

    Args:
        x: The windows; their dimensions begin at `first`.
        pool, grid: Sizes of the windows and of the grid of positions.
    """
    rest = [[0, 0] for _ in x.shape]
    for axis, (size, each) in enumerate(zip(grid, pool, strict=True), first):
        x = tf.repeat(x, each, axis=axis) if each > 1 else x
        rest[axis] = [0, size % each]
    return tf.pad(x, rest)


def _shares(values, layer, grid):
    """Of the weight of its window, what each position gets, `(B, *grid)`: see `window_shares`."""
    pool = layer.pool_sizes
    if set(pool) == {1}:
        return tf.ones_like(values[..., 0])
    largest = _over_windows(tf.nn.max_pool(values, pool, pool, "VALID"), pool, grid, 1)
    best = tf.cast(values == largest, tf.float32)
    number = math.prod(pool) * tf.nn.avg_pool(best, pool, pool, "VALID")
    return tf.reduce_mean(tf.math.divide_no_nan(best, _over_windows(number, pool, grid, 1)), -1)
