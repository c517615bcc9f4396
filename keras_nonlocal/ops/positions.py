"""Conversion of a grid of features to sets of positions that attend to each other, and back.

`(B, *grid, C)` becomes `(B', N, C)`, where B' is the number of sets and N the number of positions
in a set. A grid is `(L,)`, `(H, W)` or `(T, H, W)`, and positions keep the order T, H, W. The
dimensions that do not take part in the attention, such as time for `"space"`, move into B'.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import mul

import keras
from keras import ops

# The grid dimensions that attend to each other, by rank. All others move into the batch.
AXES: dict[int, dict[str, tuple[int, ...]]] = {
    1: {"spacetime": (0,), "time": (0,)},
    2: {"spacetime": (0, 1), "space": (0, 1)},
    3: {"spacetime": (0, 1, 2), "space": (1, 2), "time": (0,)},
}


def fold(x, shape, axes, groups=1, ops=ops):
    """Converts `(B, *grid, C)` to `(B', N, C)`, one row for each set of positions.

    Args:
        x: Features `(B, *grid, C)`, or the same as rows `(B * positions, C)`.
        shape: `(B, *grid)`; all sizes may be dynamic.
        axes: One of `AXES[rank]`, such as `"spacetime"`.
        groups: Number of groups of consecutive frames into which the first dimension is divided.
        ops: The module of array operations: `keras.ops`, or NumPy.

    Returns:
        `(B', N, C)`.
    """
    order, apart = _order(len(shape) - 1, axes)
    split = (*_split(shape, groups), x.shape[-1])
    if order != sorted(order):
        x = ops.transpose(ops.reshape(x, split), order)
    *sizes, channels = (split[axis] for axis in order)
    return ops.reshape(x, (_product(sizes[:apart]), _product(sizes[apart:]), channels))


def unfold(y, shape, axes, groups=1):
    """Inverts `fold`: converts `(B', N, C)` to the rows `(B * positions, C)` of a grid."""
    order, _ = _order(len(shape) - 1, axes)
    split = (*_split(shape, groups), y.shape[-1])
    if order != sorted(order):
        y = ops.reshape(y, [split[axis] for axis in order])
        y = ops.transpose(y, [order.index(axis) for axis in range(len(order))])
    return ops.reshape(y, (-1, y.shape[-1]))


def count_sets(grid, axes, groups=1):
    """Returns the number of sets that `fold` makes of one sample, or `None` if it is unknown.

    >>> from keras_nonlocal.ops.positions import count_sets
    >>> count_sets((8, 14, 14), "space"), count_sets((8, None, None), "spacetime", groups=2)
    (8, 2)
    """
    attending = AXES[len(grid)][axes]
    apart = [size for axis, size in enumerate(grid) if axis not in attending]
    return None if None in apart else math.prod(apart) * groups


def check_channels_last(name: str, data_format: str | None = None) -> None:
    """Raise for channels first, in Keras or as an argument, which this package does not support."""
    received = {"Keras": keras.config.image_data_format(), "`data_format`": data_format}
    for place, value in received.items():
        if value not in (None, "channels_last"):
            raise ValueError(
                f"{name} needs channels last. Received: {place} is {value!r}. Call "
                "`keras.config.set_image_data_format('channels_last')`, leave `data_format` out, "
                "and give inputs (batch, ..., channels)."
            )


def _split(shape, groups):
    """`(B, T, ...)` to `(B, groups, T / groups, ...)`."""
    frames = shape[1] if groups == 1 else shape[1] // groups
    return (shape[0], groups, frames, *shape[2:])


def _order(rank, axes):
    """The order of dimensions after `_split`, and how many come before the attending dimensions.

    The order is batch, groups, other dimensions, attending dimensions, channels.
    """
    attending = [2 + axis for axis in AXES[rank][axes]]
    others = [axis for axis in range(2, rank + 2) if axis not in attending]
    return [0, 1, *others, *attending, rank + 2], 2 + len(others)


def _product(sizes):
    """Multiplies sizes without the ones, because each product of dynamic sizes is an operation."""
    return reduce(mul, [size for size in sizes if not isinstance(size, int) or size != 1] or [1])
