"""Exact fast forms of softmax attention and of the dot product. For concatenation see there."""

from __future__ import annotations

from keras import ops

from .loops import loop_scan
from .pairwise import key_weights, softmax_affinity, upcast, without_masked


def blocked(theta, phi, g, key_mask=None, *, block=512):
    """Softmax attention in blocks of at most `block` queries of each sample.

    Only one block of the affinity exists at a time, forward and backward, as the backward pass
    computes it again. So memory does not grow with the number of queries. A block of 512 queries
    is large enough for a CPU to multiply matrices at full speed.

    Args:
        theta, phi, g, key_mask: As in `pairwise.dense`.
        block: Maximum number of queries in a block; it may be dynamic.

    Returns:
        `(B, N, C)` in the dtype of `g`.
    """
    block = _even_block(ops.shape(theta)[1], block)
    phi, g = without_masked(phi, g, key_mask)

    @ops.custom_gradient
    def attend(theta, phi, g):
        def forward(carry, blocks):
            return carry, ops.matmul(softmax_affinity(blocks[0], phi, key_mask), g)

        _, y = loop_scan(forward, (), (_to_blocks(theta, block),))
        y = _from_blocks(y, theta)

        def gradient(*args, upstream=None):
            return _gradient(theta, phi, g, y, args[0] if upstream is None else upstream)

        return y, gradient

    def _gradient(theta, phi, g, y, dy):
        def backward(carry, blocks):
            dphi, dg = carry
            theta_block, dy_block, correction = blocks
            weights = softmax_affinity(theta_block, phi, key_mask)
            dweights = ops.matmul(dy_block, ops.transpose(g, (0, 2, 1)))
            dlogits = weights * (dweights - correction)
            dphi = dphi + ops.matmul(ops.transpose(dlogits, (0, 2, 1)), theta_block)
            dg = dg + ops.matmul(ops.transpose(weights, (0, 2, 1)), dy_block)
            return (dphi, dg), ops.matmul(dlogits, phi)

        # sum_j w_ij dw_ij: the weights of a row sum to one, so their gradients depend on each other
        correction = ops.sum(dy * y, axis=-1, keepdims=True)
        blocks = tuple(_to_blocks(x, block) for x in (theta, dy, correction))
        start = (ops.zeros_like(phi), ops.zeros_like(g))
        (dphi, dg), dtheta = loop_scan(backward, start, blocks)
        return _from_blocks(dtheta, theta), dphi, dg

    return ops.cast(attend(upcast(theta), upcast(phi), upcast(g)), g.dtype)


def _even_block(positions, block):
    """Size of equal blocks of at most `block` positions, if possible without padding the last."""
    blocks = _ceil(positions, block)
    if isinstance(positions, int) and isinstance(block, int):
        near = range(blocks, min(2 * blocks, positions) + 1)
        blocks = next((count for count in near if positions % count == 0), blocks)
    return _ceil(positions, blocks)


def _ceil(number, divisor):
    """A division that rounds up. Not `-(-number // divisor)`, which ONNX rounds the other way."""
    return (number + divisor - 1) // divisor


def _to_blocks(x, block):
    """`(B, N, C) -> (blocks, B, block, C)`, where the last block is padded with zeros."""
    batch, length, channels = ops.shape(x)
    blocks = _ceil(length, block)
    padding = blocks * block - length
    if not isinstance(padding, int) or padding > 0:
        x = ops.concatenate([x, ops.zeros((batch, padding, channels), x.dtype)], axis=1)
    x = ops.reshape(x, (batch, blocks, block, channels))
    return ops.transpose(x, (1, 0, 2, 3))


def _from_blocks(y, like):
    """`(blocks, B, block, C) -> (B, N, C)` with the N of `like`."""
    blocks, batch, block, channels = ops.shape(y)
    y = ops.reshape(ops.transpose(y, (1, 0, 2, 3)), (batch, blocks * block, channels))
    return y[:, : ops.shape(like)[1]]


def fused(theta, phi, g, key_mask=None):
    """Softmax attention by the fused kernel of the backend; only PyTorch has one.

    The kernel never stores the affinity, and computes logits and sums in float32 for all dtypes.

    Args:
        theta, phi, g, key_mask: As in `pairwise.dense`.

    Returns:
        `(B, N, C)` in the dtype of `g`.
    """
    phi, g = without_masked(phi, g, key_mask)
    query, key, value = (ops.expand_dims(x, 2) for x in (theta, phi, g))  # one head
    mask = None if key_mask is None else key_mask[:, None, None, :]
    y = ops.dot_product_attention(query, key, value, mask=mask, scale=1.0)[:, :, 0]
    if key_mask is None:
        return y
    return y * ops.cast(ops.any(key_mask, axis=1), y.dtype)[:, None, None]


def associated(theta, phi, g, key_mask=None):
    """The dot product as `theta (phi^T g) / M`, which is linear in the number of positions.

    `(theta phi^T) g / M` costs `N M (D + C)` operations and an `N x M` matrix. This order costs
    `(N + M) D C` operations and a `D x C` matrix.

    Args:
        theta, phi, g, key_mask: As in `pairwise.dense`.

    Returns:
        `(B, N, C)` in the dtype of `g`.
    """
    phi, g = without_masked(phi, g, key_mask)
    theta, phi, values = upcast(theta), upcast(phi), upcast(g)
    summary = ops.matmul(ops.transpose(phi * key_weights(phi, key_mask), (0, 2, 1)), values)
    return ops.cast(ops.matmul(theta, summary), g.dtype)
