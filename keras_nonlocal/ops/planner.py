"""Chooses the form of a pairwise function by predicted time and memory, and runs it.

All forms give the same numbers. The choice needs the sizes of one sample only, so a model with a
dynamic batch is planned when it is built; where positions are dynamic too, the form whose memory
stays bounded is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import ops

from ..validation import one_of
from .concatenation import sorted_sums
from .dot_product import associated
from .fused import fused
from .pairwise import dense
from .softmax import blocked

DENSE_BYTES = 32 * 2**20  # a larger affinity of one sample is never formed whole
BLOCK_BYTES = 12 * 2**20  # of the affinity, at a time, over all samples of a batch
SMALLEST_BLOCK = 64  # queries of a sample; fewer do not fill the matrix units

# The exact alternative to the dense form, by instantiation.
_SOFTMAX = {"dense", "blocked", "fused"}
METHODS = {
    "gaussian": _SOFTMAX,
    "embedded_gaussian": _SOFTMAX,
    "dot_product": {"dense", "associated"},
    "concatenation": {"dense", "sorted"},
}


@dataclass(frozen=True)
class Sizes:
    """Positions, keys and channels of one sample; `None` where they are dynamic."""

    positions: int | None
    keys: int | None
    depth: int
    channels: int


def attend(instantiation, theta, phi, g, key_mask=None, method="auto"):
    """`y_i = sum_j f(x_i, x_j) g(x_j) / C(x)` by the planned or the given form.

    Args:
        instantiation, theta, phi, g, key_mask: As for `keras_nonlocal.ops.dense`.
        method: `"auto"`, or one of `METHODS[instantiation]`.

    Returns:
        `(B, N, C)` in the dtype of `g`.
    """
    check_method(instantiation, method)
    if method == "auto":
        sizes = Sizes(theta.shape[1], phi.shape[1], theta.shape[2], g.shape[2])
        method = choose(instantiation, sizes)
    return FORMS[method](instantiation, theta, phi, g, key_mask)


def check_method(instantiation, method):
    """Raise unless `method` computes `instantiation` on the current Keras backend."""
    one_of("method", method, ("auto", *sorted(METHODS[instantiation])))
    if method == "fused" and not _has_fused():
        raise ValueError(
            "`method='fused'` needs a backend with a fused attention kernel (torch). "
            f"Received: method='fused' on the {keras.backend.backend()} backend. Use 'auto'."
        )


def choose(instantiation, sizes):
    """The name of the form that is fastest within the memory budget."""
    return _CHOICES[instantiation](sizes)


def block_size(batch, positions, keys):
    """Queries of a sample in one block; all arguments may be dynamic."""
    rows = BLOCK_BYTES // (4 * batch * keys)
    if all(isinstance(size, int) for size in (batch, positions, keys)):
        return min(max(rows, SMALLEST_BLOCK), positions)
    return ops.minimum(ops.maximum(rows, SMALLEST_BLOCK), positions)


def _blocked(instantiation, theta, phi, g, key_mask):
    batch, positions, _ = ops.shape(theta)
    block = block_size(batch, positions, ops.shape(phi)[1])
    return blocked(theta, phi, g, key_mask, block=block)


def _without_name(form: Callable) -> Callable:
    return lambda _, *arguments: form(*arguments)


FORMS = {
    "dense": dense,
    "blocked": _blocked,
    "fused": _without_name(fused),
    "associated": _without_name(associated),
    "sorted": _without_name(sorted_sums),
}


def _has_fused():
    return keras.backend.backend() == "torch"


def _choose_softmax(sizes):
    if _has_fused():
        return "fused"
    return "dense" if _affinity_bytes(sizes) <= DENSE_BYTES else "blocked"


def _choose_dot_product(sizes):
    n, m, d, c = sizes.positions, sizes.keys, sizes.depth, sizes.channels
    if n is None or m is None:
        return "associated"
    return "dense" if n * m * (d + c) < (n + m) * d * c else "associated"


def _choose_concatenation(sizes):
    return "dense" if _affinity_bytes(sizes) <= 4 * 700**2 else "sorted"


def _affinity_bytes(sizes):
    """Bytes of one sample's affinity in float32; infinite where it is not known beforehand."""
    if sizes.positions is None or sizes.keys is None:
        return float("inf")
    return 4 * sizes.positions * sizes.keys


_CHOICES = {
    "gaussian": _choose_softmax,
    "embedded_gaussian": _choose_softmax,
    "dot_product": _choose_dot_product,
    "concatenation": _choose_concatenation,
}
