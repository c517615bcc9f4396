"""Rows of attention over the positions that a block reads, for chosen queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .recording import BlockCall, record

VALUES_AT_ONCE = 2**22  # of attention rows, 16 MB


def attention_maps(
    model: keras.Model, inputs: Any, positions: Any, block: str | None = None
) -> np.ndarray:
    """Computes the attention of a few positions of a block to all positions, for heat maps.

    A block with pooled keys attends to windows. The value of a window has the maximum of each
    channel, so the weight of a window is divided among its positions by the share of the channels
    whose maximum is there. The weights of a map have the same sum as those of the block.

    `top_positions` says what the weights mean for each pairwise function.

    Args:
        model: A functional model with a non-local block.
        inputs: A batch, as the model takes it: an array, or a dictionary of these.
        positions: `(Q, rank)` integers on the grid of the block, or `(B, Q, rank)` for other
            positions in each sample.
        block: Name of the block, `"outer/inner"` in a model within the model. The default is the
            first block.

    Returns:
        float32 `(B, Q, *grid)`. In the head of a detection network, B counts regions.

    Raises:
        ValueError: The block does not exist or its attention has no rows, or a position is not on
            its grid.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small()
    >>> clips = np.zeros((1, 32, 64, 64, 3), "float32")
    >>> keras_nonlocal.explain.attention_maps(model, clips, [(0, 3, 3)]).shape
    (1, 1, 4, 8, 8)
    """
    call = record(model, inputs, block)
    positions = np.asarray(positions)
    if positions.ndim < 3:
        positions = np.broadcast_to(positions, (len(call.x), *positions.shape))
    maps = [
        np.concatenate([rows for _, rows in rows_of_sample(call, sample, chosen)])
        for sample, chosen in enumerate(positions)
    ]
    return np.stack(maps)


def rows_of_sample(
    call: BlockCall, sample: int, positions: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields the attention of a few positions of a sample at a time: a slice, and `(n, *grid)`."""
    x = call.x[sample : sample + 1]
    mask = None if call.mask is None else call.mask[sample : sample + 1]
    grid, layer = tuple(x.shape[1:-1]), call.layer
    shares = shares_of_positions(layer, x, mask)
    chunk = max(VALUES_AT_ONCE // int(np.prod(grid)), 1)
    for start in range(0, len(positions), chunk):
        part = slice(start, start + chunk)
        rows = keras.ops.convert_to_numpy(layer.attention(x, positions[part], mask))[0]
        yield part, over_windows(rows, layer.pool_sizes, grid) * shares


def shares_of_positions(layer: Any, x: Any, mask: Any) -> np.ndarray:
    """Of the weight of its window, what each position gets: `(*grid)`."""
    values = layer.g(x) if layer.pool_position == "after" else x
    values = keras.ops.convert_to_numpy(keras.ops.cast(values, "float32"))[0]
    if mask is not None:
        valid = keras.ops.convert_to_numpy(mask)[0].astype(bool)
        valid = valid.reshape(valid.shape + (1,) * (values.ndim - valid.ndim))
        values = np.where(valid, values, np.finfo("float32").min)
    return window_shares(values, layer.pool_sizes)


def window_shares(values: np.ndarray, pool: tuple[int, ...]) -> np.ndarray:
    """Shares of the channels whose maximum in a pooling window is at each position.

    Args:
        values: `(*grid, C)`.
        pool: Sizes of the windows, which do not overlap.

    Returns:
        `(*grid)`, with a sum of one in each window, and zero beyond the last window.
    """
    grid = values.shape[:-1]
    whole = tuple(slice(size // each * each) for size, each in zip(grid, pool, strict=True))
    cut = values[whole]
    split = [part for size, each in zip(grid, pool, strict=True) for part in (size // each, each)]
    windows = cut.reshape(*split, -1)
    axes = tuple(range(1, 2 * len(pool), 2))
    best = windows == windows.max(axis=axes, keepdims=True)
    shares = np.zeros(grid, "float32")
    shares[whole] = (
        (best / best.sum(axis=axes, keepdims=True)).mean(axis=-1).reshape(cut.shape[:-1])
    )
    return shares


def over_windows(rows: np.ndarray, pool: tuple[int, ...], grid: tuple[int, ...]) -> np.ndarray:
    """Repeats the weight of each window at all of its positions: `(n, *keys) -> (n, *grid)`."""
    for axis, (size, each) in enumerate(zip(grid, pool, strict=True), 1):
        rows = np.repeat(rows, each, axis=axis)
        rest = [(0, size - rows.shape[axis] if place == axis else 0) for place in range(rows.ndim)]
        rows = np.pad(rows, rest)
    return rows
