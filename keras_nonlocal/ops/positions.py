"""From a grid of features to sets of positions that attend to each other, and back.

`(B, *grid, C)` becomes `(B', N, C)`: B' counts the sets, N the positions of one. A grid is
`(L,)`, `(H, W)` or `(T, H, W)`, and positions keep the order T, H, W. What does not take part
in the attention (time for space-only, groups of frames) moves into B'.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import mul

import keras
from keras import ops

# The grid dimensions that attend to each other, per rank. All others move into the batch.
AXES: dict[int, dict[str, tuple[int, ...]]] = {
    1: {"spacetime": (0,), "time": (0,)},
    2: {"spacetime": (0, 1), "space": (0, 1)},
    3: {"spacetime": (0, 1, 2), "space": (1, 2), "time": (0,)},
}


def fold(x, shape, axes, groups=1, ops=ops):
    """`(B, *grid, C) -> (B', N, C)`: one row of B' for each set of positions.

    Args:
        x: Features `(B, *grid, C)`, or the same as rows `(B * positions, C)`.
        shape: `(B, *grid)`; any of it may be dynamic.
        axes: One of `AXES[rank]`, such as `"spacetime"`.
        groups: Into how many runs of consecutive frames the first grid dimension is cut.
        ops: What reshapes: Keras's operations, or NumPy.
    """
    order, apart = _order(len(shape) - 1, axes)
    split = (*_split(shape, groups), x.shape[-1])
    if order != sorted(order):
        x = ops.transpose(ops.reshape(x, split), order)
    *sizes, channels = (split[axis] for axis in order)
    return ops.reshape(x, (_product(sizes[:apart]), _product(sizes[apart:]), channels))


def unfold(y, shape, axes, groups=1):
    """The inverse of `fold`: `(B', N, C)` back to the rows `(B * positions, C)` of a grid."""
    order, _ = _order(len(shape) - 1, axes)
    split = (*_split(shape, groups), y.shape[-1])
    if order != sorted(order):
        y = ops.reshape(y, [split[axis] for axis in order])
        y = ops.transpose(y, [order.index(axis) for axis in range(len(order))])
    return ops.reshape(y, (-1, y.shape[-1]))


def count_sets(grid, axes, groups=1):
    """How many sets `fold` makes of one sample; `None` where sizes are not known that decide it.

    >>> from keras_nonlocal.ops.positions import count_sets
    >>> count_sets((8, 14, 14), "space"), count_sets((8, None, None), "spacetime", groups=2)
    (8, 2)
    """
    attending = AXES[len(grid)][axes]
    apart = [size for axis, size in enumerate(grid) if axis not in attending]
    return None if None in apart else math.prod(apart) * groups


def check_channels_last(what: str) -> None:
    """Raises unless Keras is set to channels behind the positions, as all of this package is."""
    if keras.config.image_data_format() != "channels_last":
        raise ValueError(
            f"{what} takes channels at the end. Received: Keras set to 'channels_first'. Call "
            "`keras.config.set_image_data_format('channels_last')` first."
        )


def _split(shape, groups):
    """`(B, T, ...)` to `(B, groups, T / groups, ...)`."""
    frames = shape[1] if groups == 1 else shape[1] // groups
    return (shape[0], groups, frames, *shape[2:])


def _order(rank, axes):
    """Batch, groups, bystanders, attending dimensions, channels: indices after `_split`.

    And how many of them come before the attending ones.
    """
    attending = [2 + axis for axis in AXES[rank][axes]]
    bystanders = [axis for axis in range(2, rank + 2) if axis not in attending]
    return [0, 1, *bystanders, *attending, rank + 2], 2 + len(bystanders)


def _product(sizes):
    """Without the ones: each factor of a dynamic size is an operation."""
    return reduce(mul, [size for size in sizes if not isinstance(size, int) or size != 1] or [1])
