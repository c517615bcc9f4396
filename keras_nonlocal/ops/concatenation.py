"""Exact concatenation in `O((N + M) C + M log M)` time and `O((N + M) C)` memory.

`f(x_i, x_j) = ReLU(a_i + b_j)` depends on two scalars. If the keys are sorted by b in descending
order, then query i attends to the first k_i keys, for which `b_j > -a_i`, and

    sum_j ReLU(a_i + b_j) g_j = a_i * (g_1 + ... + g_k) + (b_1 g_1 + ... + b_k g_k).

Both sums are rows of cumulative sums. The gradients have the same form. For the gradient of g, a
and b exchange their roles. The gradients of a and b are the cumulative sums, dotted with dy and g.
"""

from __future__ import annotations

import numpy as np
from keras import ops

from .pairwise import key_weights, upcast

BLOCK_SIZE = 64  # rows summed by one triangular product, ten times as fast as `ops.cumsum`


def sorted_sums(theta, phi, g, key_mask=None):
    """Concatenation by sorting; arguments and result are as in `pairwise.dense`, with D = 1."""
    values = upcast(g)
    values = values * key_weights(values, key_mask)
    y = _rectified_sum(upcast(theta)[..., 0], upcast(phi)[..., 0], values)
    return ops.cast(y, g.dtype)


@ops.custom_gradient
def _rectified_sum(a, b, g):
    """`sum_j ReLU(a_i + b_j) g_j`: `(B, N), (B, M), (B, M, C) -> (B, N, C)`."""
    total, y = _active_sums(a, b, g)

    def gradient(*args, upstream=None):
        dy = args[0] if upstream is None else upstream
        dy_total, dg = _active_sums(b, a, dy)
        return ops.sum(total * dy, axis=-1), ops.sum(dy_total * g, axis=-1), dg

    return y, gradient


def _active_sums(a, b, g):
    """Sums of `g_j` and of `(a_i + b_j) g_j` over the keys with `a_i + b_j > 0`.

    The mean of b is moved from b to a, so that large values of opposite sign do not cancel.
    """
    center = ops.mean(b, axis=1, keepdims=True)
    order = ops.argsort(-b, axis=1)
    b, g = _rows(b[..., None], order), _rows(g, order)
    active = _count_above(b[..., 0], -a)
    total = _rows(_cumulative_sums(g), active)
    weighted = _rows(_cumulative_sums((b - center[..., None]) * g), active)
    return total, (a + center)[..., None] * total + weighted


def _cumulative_sums(x):
    """Row k is the sum of the first k rows of `x (B, M, C)`, for k from 0 to at least M."""
    batch, length, channels = ops.shape(x)
    blocks = length // BLOCK_SIZE + 1  # at least one row more than there are keys
    x = ops.concatenate([x, ops.zeros((batch, blocks * BLOCK_SIZE - length, channels), x.dtype)], 1)
    x = ops.reshape(x, (batch, blocks, BLOCK_SIZE, channels))
    within = ops.matmul(ops.convert_to_tensor(np.tri(BLOCK_SIZE, k=-1), x.dtype), x)
    sums = ops.sum(x, axis=2, keepdims=True)
    before = ops.cumsum(sums, axis=1) - sums
    return ops.reshape(within + before, (batch, blocks * BLOCK_SIZE, channels))


def _count_above(b, threshold):
    """Counts the values of the descending `b (B, M)` above each `threshold (B, N)`."""
    batch, keys = ops.shape(b)
    first = ops.arange(batch, dtype="int32")[:, None] * keys
    low = ops.zeros_like(threshold, dtype="int32")
    last = ops.convert_to_tensor(keys - 1, "int32")
    state = low, low + keys, threshold, ops.reshape(b, (-1,)), first, last
    return ops.fori_loop(0, _bit_length(keys), _bisect, state)[0]


def _bisect(_, state):
    """One step of a binary search. It has no closure, so that JAX does not compile it again."""
    low, high, threshold, b, first, last = state
    middle = (low + high) // 2
    probe = ops.take(b, first + ops.minimum(middle, last))
    above = ops.logical_and(probe > threshold, middle < high)
    low, high = ops.where(above, middle + 1, low), ops.where(above, high, middle)
    return low, high, threshold, b, first, last


def _bit_length(count):
    """Number of steps of a binary search among `count` values."""
    if isinstance(count, int):
        return count.bit_length()
    return ops.sum(ops.cast(2 ** np.arange(31, dtype="int32") <= count, "int32"))


def _rows(x, indices):
    """Rows of `x (B, M, C)` at `indices (B, N)`, in one flat gather."""
    batch, length, channels = ops.shape(x)
    offsets = ops.arange(batch, dtype="int32")[:, None] * length
    flat = ops.reshape(ops.cast(indices, "int32") + offsets, (-1,))
    taken = ops.take(ops.reshape(x, (batch * length, channels)), flat, axis=0)
    return ops.reshape(taken, (batch, ops.shape(indices)[1], channels))
