"""Max pooling: of features, and of keys and values over valid positions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import keras
from keras import ops

_IMAGES_ONLY = ContextVar("images_only", default=False)


@contextmanager
def pooling_of_images() -> Iterator[None]:
    """Within it, clips are pooled as images, first over space and then over time.

    The result is the same. LiteRT, which has no pooling of clips, runs graphs that were traced so.
    """
    token = _IMAGES_ONLY.set(True)
    try:
        yield
    finally:
        _IMAGES_ONLY.reset(token)


def max_pool(x, pools: tuple[int, ...], strides: tuple[int, ...], padding: str = "valid"):
    """The largest value of each window of `x (B, *grid, C)`."""
    if len(pools) == 3 and _IMAGES_ONLY.get():
        return _pool_as_images(x, pools, strides, padding)
    return ops.max_pool(x, pools, strides, padding, data_format="channels_last")


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
    return ops.cast(max_pool(ops.cast(x, supported), pools, pools), dtype)


def _pool_as_images(x, pools, strides, padding):
    """Pools each frame, and then the frames as images with a row for each of them."""
    _, frames, height, width, channels = ops.shape(x)
    if max(*pools[1:], *strides[1:]) > 1:
        x = ops.reshape(x, (-1, height, width, channels))
        x = ops.max_pool(x, pools[1:], strides[1:], padding, data_format="channels_last")
        _, height, width, _ = ops.shape(x)
    if max(pools[0], strides[0]) > 1:
        x = ops.reshape(x, (-1, frames, height * width, channels))
        window, step = (pools[0], 1), (strides[0], 1)
        x = ops.max_pool(x, window, step, padding, data_format="channels_last")
        frames = ops.shape(x)[1]
    return ops.reshape(x, (-1, frames, height, width, channels))


def _pool_by_reshaping(x, pools):
    """Pools one axis after another, by reshaping it to windows."""
    for axis, size in enumerate(pools, start=1):
        shape = ops.shape(x)
        used = shape[axis] // size * size
        x = ops.take(x, ops.arange(used), axis=axis)
        x = ops.reshape(x, (*shape[:axis], used // size, size, *shape[axis + 1 :]))
        x = ops.max(x, axis=axis + 1)
    return x
