"""Softmax attention by the backend's own fused kernel, where it has one (PyTorch)."""

from __future__ import annotations

from keras import ops

from .pairwise import without_masked


def fused(theta, phi, g, key_mask=None):
    """Exact softmax attention without the affinity in memory; as `pairwise.dense` otherwise.

    The kernel keeps logits and sums in float32 whatever its input.
    """
    phi, g = without_masked(phi, g, key_mask)
    query, key, value = (ops.expand_dims(x, 2) for x in (theta, phi, g))  # one head
    mask = None if key_mask is None else key_mask[:, None, None, :]
    y = ops.dot_product_attention(query, key, value, mask=mask, scale=1.0)[:, :, 0]
    if key_mask is None:
        return y
    return y * ops.cast(ops.any(key_mask, axis=1), y.dtype)[:, None, None]
