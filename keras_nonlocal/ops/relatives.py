"""The attention of three relatives of the non-local block, as pure functions.

Sources: GCNet (arXiv:1904.11492), disentangled non-local networks (arXiv:2006.06668) and CCNet
(arXiv:1811.11721). Weights are computed in float32, or in float64 for float64 input, and masked
positions have a weight of exactly zero.
"""

from __future__ import annotations

from keras import ops

from .pairwise import MASKED, upcast


def attention_pool(logits, values, key_mask=None):
    """Computes `sum_j softmax_j(logits_j) values_j`, which is the same for all positions.

    Args:
        logits: `(B, M, 1)`.
        values: `(B, M, C)`.
        key_mask: Booleans `(B, M)`, true for valid positions; `None` if all are valid.

    Returns:
        `(B, 1, C)` in the dtype of `values`. A sample without valid positions gets zeros.

    Example:

    >>> logits, values = keras.random.normal((2, 50, 1)), keras.random.normal((2, 50, 8))
    >>> tuple(keras_nonlocal.ops.attention_pool(logits, values).shape)
    (2, 1, 8)
    """
    weights = _softmax(ops.transpose(logits, (0, 2, 1)), _rows_of(key_mask))
    return ops.cast(ops.matmul(weights, upcast(values)), values.dtype)


def subtract_mean(x, key_mask=None):
    """Subtracts the mean over the valid positions of each sample from `x (B, N, D)`.

    Args:
        x: `(B, N, D)`.
        key_mask: Booleans `(B, N)`, true for valid positions; `None` if all are valid.

    Returns:
        `(B, N, D)` in float32, or in float64 for float64 input.

    Example:

    >>> x = keras_nonlocal.ops.subtract_mean(keras.random.normal((2, 50, 8)))
    >>> bool(keras.ops.all(abs(keras.ops.mean(x, axis=1)) < 1e-5))
    True
    """
    x = upcast(x)
    if key_mask is None:
        return x - ops.mean(x, axis=1, keepdims=True)
    valid = ops.cast(key_mask, x.dtype)[:, :, None]
    count = ops.maximum(ops.sum(valid, axis=1, keepdims=True), 1)
    return x - ops.sum(x * valid, axis=1, keepdims=True) / count


def criss_cross(theta, phi, g, mask=None):
    """Softmax attention of each position to the positions of its own row, column and (3-D) tube.

    A position is a key of itself once, so a grid `(H, W)` gives `H + W - 1` keys. The cost is
    `N (H + W)` instead of `N^2`.

    Args:
        theta: Queries `(B, *grid, D)`.
        phi: Keys `(B, *grid, D)`.
        g: Values `(B, *grid, C)`.
        mask: `(B, *grid, 1)` of 0 and 1, or `None` if all positions are valid.

    Returns:
        `(B, *grid, C)` in the dtype of `g`.

    Example:

    >>> theta, phi, g = (keras.random.normal((2, 6, 5, 8)) for _ in range(3))
    >>> tuple(keras_nonlocal.ops.criss_cross(theta, phi, g).shape)
    (2, 6, 5, 8)
    """
    axes = range(1, len(theta.shape) - 1)
    theta, phi, values = upcast(theta), upcast(phi), upcast(g)
    logits, allowed = [], []
    for axis in axes:
        queries, keys = _lines(theta, axis), _lines(phi, axis)
        along = ops.matmul(queries, ops.swapaxes(keys, -1, -2))  # (B, others, L, L)
        seen = (
            ops.ones_like(along[:1]) if mask is None else _lines(mask, axis)[..., 0][..., None, :]
        )
        if axis != axes[-1]:  # there the position itself is a key
            places = ops.arange(ops.shape(along)[-1])  # `ops.eye` has no form in OpenVINO
            seen = seen * ops.cast(places[:, None] != places, along.dtype)
        logits.append(ops.moveaxis(along, -2, axis))
        allowed.append(ops.moveaxis(ops.broadcast_to(seen, ops.shape(along)), -2, axis))
    weights = _softmax(ops.concatenate(logits, -1), ops.concatenate(allowed, -1) > 0)
    y, start = 0, 0
    for axis in axes:
        end = start + ops.shape(values)[axis]
        along = ops.moveaxis(weights[..., start:end], axis, -2)
        y = y + ops.moveaxis(ops.matmul(along, _lines(values, axis)), -2, axis)
        start = end
    return ops.cast(y, g.dtype)


def _lines(x, axis):
    """`(B, *grid, C)` with one axis of the grid moved next to the channels."""
    return ops.moveaxis(x, axis, -2)


def _rows_of(key_mask):
    return None if key_mask is None else ops.convert_to_tensor(key_mask)[:, None, :]


def _softmax(logits, valid):
    """The softmax over the last axis, exactly zero where `valid` is false."""
    if valid is None:
        return ops.softmax(upcast(logits), axis=-1)
    weights = ops.softmax(ops.where(valid, upcast(logits), MASKED), axis=-1)
    return weights * ops.cast(valid, weights.dtype)
