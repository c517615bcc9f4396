"""The four pairwise functions of the paper (section 3.2), written as they are defined.

An affinity says how much position i attends to position j. It maps `theta (B, N, D)` and
`phi (B, M, D)` to weights `(B, N, M)`, and `y = weights @ g`. These dense forms are the definition,
and every faster form is tested against them.

Weights are computed in float32, or in float64 for float64 input. In half precision, a float16 logit
would overflow at 65504, and long sums would lose small terms.
"""

from __future__ import annotations

import keras
from keras import ops

MASKED = -1e30  # softmax turns this logit into exactly zero, and it is finite in float32


def dense(instantiation, theta, phi, g, key_mask=None):
    """Computes `y_i = sum_j f(x_i, x_j) g(x_j) / C(x)` with the whole affinity `(B, N, M)`.

    Args:
        instantiation: `"gaussian"`, `"embedded_gaussian"`, `"dot_product"` or `"concatenation"`.
        theta: Queries `(B, N, D)`; for concatenation the scalars `w_theta . theta(x_i)`, D = 1.
        phi: Keys `(B, M, D)`; for concatenation the scalars `w_phi . phi(x_j)`, D = 1.
        g: Values `(B, M, C)`.
        key_mask: Booleans `(B, M)`, true for valid keys. Without a mask all keys are valid.

    Returns:
        `(B, N, C)` in the dtype of `g`. A sample without valid keys gets zeros.

    Raises:
        KeyError: `instantiation` is unknown.

    Example:

    >>> theta, phi, g = (keras.random.normal((2, 50, 8)) for _ in range(3))
    >>> tuple(keras_nonlocal.ops.dense("embedded_gaussian", theta, phi, g).shape)
    (2, 50, 8)
    """
    weights = AFFINITIES[instantiation](upcast(theta), upcast(phi), key_mask)
    return ops.cast(ops.matmul(weights, upcast(g)), g.dtype)


def softmax_affinity(theta, phi, key_mask=None):
    """`exp(theta_i . phi_j)` divided by the sum of its row: Gaussian and embedded Gaussian."""
    logits = ops.matmul(theta, ops.transpose(phi, (0, 2, 1)))
    if key_mask is None:
        return ops.softmax(logits, axis=-1)
    valid = key_mask[:, None, :]
    weights = ops.softmax(ops.where(valid, logits, MASKED), axis=-1)
    return weights * ops.cast(valid, weights.dtype)


def dot_product_affinity(theta, phi, key_mask=None):
    """`theta_i . phi_j / M`, where M is the number of valid keys."""
    return ops.matmul(theta, ops.transpose(key_weights(phi, key_mask) * phi, (0, 2, 1)))


def concatenation_affinity(theta, phi, key_mask=None):
    """`ReLU(w . [theta_i, phi_j]) / M`, where the dot product with w is a sum of two scalars."""
    weights = ops.transpose(key_weights(phi, key_mask), (0, 2, 1))
    return ops.relu(theta + ops.transpose(phi, (0, 2, 1))) * weights


AFFINITIES = {
    "gaussian": softmax_affinity,
    "embedded_gaussian": softmax_affinity,
    "dot_product": dot_product_affinity,
    "concatenation": concatenation_affinity,
}


def key_weights(phi, key_mask=None):
    """`1 / M` for valid keys and 0 for others: `(B, M, 1)`, or `(1, 1, 1)` without a mask."""
    if key_mask is None:
        return 1 / ops.cast(ops.reshape(ops.shape(phi)[1], (1, 1, 1)), phi.dtype)
    valid = ops.cast(key_mask, phi.dtype)[:, :, None]
    return valid / ops.maximum(ops.sum(valid, axis=1, keepdims=True), 1)


def upcast(x):
    """Casts half precision to float32, and keeps float32 and float64."""
    x = ops.convert_to_tensor(x)
    dtype = keras.backend.standardize_dtype(x.dtype)
    return x if dtype in ("float32", "float64") else ops.cast(x, "float32")
