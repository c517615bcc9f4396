"""The four pairwise functions of the paper (section 3.2), written as they are defined.

Each affinity answers one question: how much does position i listen to position j? It maps
`theta (B, N, D)` and `phi (B, M, D)` to weights `(B, N, M)`, and `y = weights @ g`. These dense
forms are the definition; every faster form in this package is tested against them.

Weights are computed in float32 (float64 for float64 input) whatever the input: a float16 logit
overflows at 65504, and long sums lose their last terms.
"""

from __future__ import annotations

import keras
from keras import ops

MASKED = -1e30  # a logit that softmax turns into exactly zero, and that is finite in float32


def dense(instantiation, theta, phi, g, key_mask=None):
    """`y_i = sum_j f(x_i, x_j) g(x_j) / C(x)` through the whole `(B, N, M)` affinity.

    Args:
        instantiation: `"gaussian"`, `"embedded_gaussian"`, `"dot_product"` or `"concatenation"`.
        theta: Queries `(B, N, D)`; for concatenation the scalars `w_theta . theta(x_i)`, D = 1.
        phi: Keys `(B, M, D)`; for concatenation the scalars `w_phi . phi(x_j)`, D = 1.
        g: Values `(B, M, C)`.
        key_mask: Booleans `(B, M)`, true for the keys that count; all of them without a mask.

    Returns:
        `(B, N, C)` in the dtype of `g`. A sample without a single valid key gets zeros.
    """
    phi, g = without_masked(phi, g, key_mask)
    weights = AFFINITIES[instantiation](upcast(theta), upcast(phi), key_mask)
    return ops.cast(ops.matmul(weights, upcast(g)), g.dtype)


def softmax_affinity(theta, phi, key_mask=None):
    """`exp(theta_i . phi_j)`, each row divided by its sum: (embedded) Gaussian."""
    logits = ops.matmul(theta, ops.transpose(phi, (0, 2, 1)))
    if key_mask is None:
        return ops.softmax(logits, axis=-1)
    valid = key_mask[:, None, :]
    weights = ops.softmax(ops.where(valid, logits, MASKED), axis=-1)
    return weights * ops.cast(valid, weights.dtype)


def dot_product_affinity(theta, phi, key_mask=None):
    """`theta_i . phi_j / M`, with M the number of valid keys."""
    return ops.matmul(theta, ops.transpose(key_weights(phi, key_mask) * phi, (0, 2, 1)))


def concatenation_affinity(theta, phi, key_mask=None):
    """`ReLU(w . [theta_i, phi_j]) / M`: the dot product with w splits into two scalars."""
    weights = ops.transpose(key_weights(phi, key_mask), (0, 2, 1))
    return ops.relu(theta + ops.transpose(phi, (0, 2, 1))) * weights


AFFINITIES = {
    "gaussian": softmax_affinity,
    "embedded_gaussian": softmax_affinity,
    "dot_product": dot_product_affinity,
    "concatenation": concatenation_affinity,
}


def key_weights(phi, key_mask=None):
    """`1 / M` for each valid key and 0 for the others: `(B, M, 1)`, or `(1, 1, 1)` unmasked."""
    if key_mask is None:
        return 1 / ops.cast(ops.reshape(ops.shape(phi)[1], (1, 1, 1)), phi.dtype)
    valid = ops.cast(key_mask, phi.dtype)[:, :, None]
    return valid / ops.maximum(ops.sum(valid, axis=1, keepdims=True), 1)


def without_masked(phi, g, key_mask):
    """Zeros in place of masked keys and their values: a weight of zero would let NaN through."""
    if key_mask is None:
        return phi, g
    valid = ops.convert_to_tensor(key_mask)[:, :, None]
    return tuple(ops.where(valid, x, ops.zeros_like(x)) for x in (phi, g))


def upcast(x):
    """Half precision to float32; what is wider stays as it is."""
    x = ops.convert_to_tensor(x)
    dtype = keras.backend.standardize_dtype(x.dtype)
    return x if dtype in ("float32", "float64") else ops.cast(x, "float32")
