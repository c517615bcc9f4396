"""Max pooling of keys and values over valid positions."""

from __future__ import annotations

import keras
from keras import ops


def masked_max_pool(x, mask, pools: tuple[int, ...]):
    """Computes the largest valid value of each window, and the mask of the pooled grid.

    Args:
        x: `(B, *grid, C)`, channels last.
        mask: `(B, *grid, 1)` of 0 and 1, or `None` if all positions are valid.
        pools: Size of a window along each axis of the grid. Windows do not overlap.

    Returns:
        The pooled `x`, which is zero where a window has no valid position, and the pooled mask,
        which is 1 where a window has a valid position, or `None`.
    """
    if max(pools) == 1:
        return x, mask
    if mask is None:
        return _max_pool(x, pools), None
    pooled_mask = _max_pool(mask, pools)
    pooled = _max_pool(ops.where(mask > 0, x, ops.cast(float("-inf"), x.dtype)), pools)
    return ops.where(pooled_mask > 0, pooled, ops.zeros_like(pooled)), pooled_mask


def require_grid(x, least: tuple[int, ...], name: str):
    """The same `x (B, *grid, C)`, whose grid a graph of unknown sizes then has to check.

    TensorFlow's pooling kernels end the process where a window is larger than the grid.

    Args:
        x: `(B, *grid, C)`. A grid of known size is taken as it is.
        least: The least size along each axis of the grid.
        name: What asks for this size; the error begins with it.
    """
    grid = x.shape[1:-1]
    if keras.backend.backend() != "tensorflow" or max(least) == 1 or None not in grid:
        return x
    import tensorflow as tf

    message = f"{name} needs a grid of at least {least}: give longer or larger input, or pool less."
    check = tf.debugging.assert_greater_equal(tf.shape(x)[1:-1], least, message=message)
    with tf.control_dependencies([check]):
        return tf.identity(x)


def _max_pool(x, pools):
    """Casts float16 to float32, and reshapes float64: TensorFlow pools neither on CPUs."""
    dtype = keras.backend.standardize_dtype(x.dtype)
    if dtype == "float64":
        return _pool_by_reshaping(x, pools)
    supported = "float32" if dtype == "float16" else dtype
    pooled = ops.max_pool(ops.cast(x, supported), pools, pools, data_format="channels_last")
    return ops.cast(pooled, dtype)


def _pool_by_reshaping(x, pools):
    """Pools one axis after another, by reshaping it to windows."""
    for axis, size in enumerate(pools, start=1):
        shape = ops.shape(x)
        used = shape[axis] // size * size
        x = ops.take(x, ops.arange(used), axis=axis)
        x = ops.reshape(x, (*shape[:axis], used // size, size, *shape[axis + 1 :]))
        x = ops.max(x, axis=axis + 1)
    return x
