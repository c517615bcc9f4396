"""Softmax attention in blocks of queries: exact, with memory flat in the number of queries.

Only one block of the affinity exists at a time, forward and backward; the backward pass
recomputes it. A block of 512 queries keeps a CPU at its matrix-product speed.
"""

from __future__ import annotations

from keras import ops

from .loops import loop_scan
from .pairwise import softmax_affinity, upcast, without_masked


def blocked(theta, phi, g, key_mask=None, *, block=512):
    """Softmax attention, at most `block` queries of a sample at a time, else as `dense`."""
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

        # sum_j w_ij dw_ij, the term that keeps each row's weights summing to one
        correction = ops.sum(dy * y, axis=-1, keepdims=True)
        blocks = tuple(_to_blocks(x, block) for x in (theta, dy, correction))
        start = (ops.zeros_like(phi), ops.zeros_like(g))
        (dphi, dg), dtheta = loop_scan(backward, start, blocks)
        return _from_blocks(dtheta, theta), dphi, dg

    return ops.cast(attend(upcast(theta), upcast(phi), upcast(g)), g.dtype)


def _even_block(positions, block):
    """The size of equal blocks of at most `block`; without a remainder where one is near."""
    blocks = -(-positions // block)
    if isinstance(positions, int) and isinstance(block, int):
        near = range(blocks, min(2 * blocks, positions) + 1)
        blocks = next((count for count in near if positions % count == 0), blocks)
    return -(-positions // blocks)


def _to_blocks(x, block):
    """`(B, N, C) -> (blocks, B, block, C)`, the last one filled up with zeros."""
    batch, length, channels = ops.shape(x)
    blocks = -(-length // block)
    filling = blocks * block - length
    if not isinstance(filling, int) or filling > 0:
        x = ops.concatenate([x, ops.zeros((batch, filling, channels), x.dtype)], axis=1)
    x = ops.reshape(x, (batch, blocks, block, channels))
    return ops.transpose(x, (1, 0, 2, 3))


def _from_blocks(y, like):
    """`(blocks, B, block, C) -> (B, N, C)` with the N of `like`."""
    blocks, batch, block, channels = ops.shape(y)
    y = ops.reshape(ops.transpose(y, (1, 0, 2, 3)), (batch, blocks * block, channels))
    return y[:, : ops.shape(like)[1]]
