"""Choice of the form of a pairwise function, by predicted time and memory.

All forms compute the same values. The choice depends on the sizes of one sample, so it can be made
when a model with a dynamic batch is traced. If the number of positions is dynamic, too, the form
with bounded memory is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import ops

from ..utils.checks import one_of
from .concatenation import BLOCK_SIZE as SORTED_BLOCK
from .concatenation import sorted_sums
from .fast_forms import associated, blocked, fused
from .pairwise import dense

DENSE_BYTES = 32 * 2**20  # a larger affinity of one sample is never stored whole
BLOCK_BYTES = 16 * 2**20  # size of one block of the affinity, over all samples of a batch
SMALLEST_BLOCK = 64  # queries of a sample; fewer do not keep the matrix units busy

# Seconds on two CPU cores; only the ratios matter.
MULTIPLY_ADD = 1 / 130e9  # in a matrix product
ELEMENT = 0.4e-9  # of an affinity or another array, written and read once
CALL = 60e-6  # of a small operation around the matrix products: sort, search, loop


@dataclass(frozen=True)
class Sizes:
    """Sizes of the attention in one sample.

    Attributes:
        positions, keys: Number of queries and keys in one set of positions.
        depth: Number of channels of theta and phi; 1 for concatenation.
        channels: Number of channels of g.
        sets: Number of sets of positions that attend only within themselves.
    """

    positions: int
    keys: int
    depth: int
    channels: int
    sets: int = 1


@dataclass(frozen=True)
class Form:
    """One way to compute a pairwise function.

    Attributes:
        run: `(instantiation, theta, phi, g, key_mask) -> y`.
        macs: Number of multiply-adds for one set of positions.
        elements: Number of values in memory besides theta, phi, g and y, for a number of sets.
        calls: Number of small operations.
    """

    run: Callable
    macs: Callable[[Sizes], int]
    elements: Callable[[Sizes, int], int]
    calls: int

    def seconds(self, sizes: Sizes) -> float:
        """Predicted time for one sample, in seconds."""
        macs, moved = sizes.sets * self.macs(sizes), self.elements(sizes, sizes.sets)
        return macs * MULTIPLY_ADD + moved * ELEMENT + self.calls * CALL


def attend(instantiation, theta, phi, g, key_mask=None, method="auto", sets=1):
    """Computes `y_i = sum_j f(x_i, x_j) g(x_j) / C(x)` in the fastest form, or in a given one.

    Args:
        instantiation, theta, phi, g, key_mask: As in `keras_nonlocal.ops.dense`.
        method: `"auto"`, or one of `METHODS[instantiation]`.
        sets: Number of rows of the batch that belong to one sample; `None` if it is dynamic.

    Returns:
        `(B, N, C)` in the dtype of `g`.

    Raises:
        ValueError: `method` does not compute `instantiation` on the current backend.

    Example:

    >>> theta, phi, g = (keras.random.normal((2, 50, 8)) for _ in range(3))
    >>> tuple(keras_nonlocal.ops.attend("gaussian", theta, phi, g, method="blocked").shape)
    (2, 50, 8)
    """
    check_method(instantiation, method)
    known = (theta.shape[1], phi.shape[1], theta.shape[2], g.shape[2], sets)
    sizes = None if None in known else Sizes(*known)
    form = FORMS[choose_method(instantiation, sizes, method)]
    return form.run(instantiation, theta, phi, g, key_mask)


def check_method(instantiation, method):
    """Raise unless `method` computes `instantiation` on the current Keras backend."""
    one_of("method", method, ("auto", *METHODS[instantiation]))
    if method == "fused" and not _has_fused():
        raise ValueError(
            "`method='fused'` needs a backend with a fused attention kernel (torch). "
            f"Received: method='fused' on the {keras.backend.backend()} backend. Use 'auto'."
        )


def choose_method(instantiation, sizes, method="auto"):
    """Returns the name of the form for these sizes, which are `None` if they are dynamic."""
    if method != "auto":
        return method
    *alternatives, bounded = METHODS[instantiation]
    if "fused" in alternatives:
        if _has_fused():
            return "fused"
        alternatives.remove("fused")
    if sizes is None:
        return bounded
    if 4 * sizes.sets * sizes.positions * sizes.keys > DENSE_BYTES:
        alternatives.remove("dense")
    return min((*alternatives, bounded), key=lambda name: FORMS[name].seconds(sizes))


def block_size(batch, positions, keys):
    """Number of queries of a sample in one block; the arguments may be dynamic."""
    if all(isinstance(size, int) for size in (batch, positions, keys)):
        rows = BLOCK_BYTES // max(4 * batch * keys, 1)  # a batch may be empty
        return min(max(rows, SMALLEST_BLOCK), positions)
    rows = BLOCK_BYTES // ops.maximum(4 * batch * keys, 1)
    return ops.minimum(ops.maximum(rows, SMALLEST_BLOCK), positions)


def _run_blocked(instantiation, theta, phi, g, key_mask):
    batch, positions, _ = ops.shape(theta)
    block = block_size(batch, positions, ops.shape(phi)[1])
    return blocked(theta, phi, g, key_mask, block=block)


def _has_fused():
    return keras.backend.backend() == "torch"


def _affinity_macs(sizes):
    return sizes.positions * sizes.keys * (sizes.depth + sizes.channels)


def _block_elements(sizes, sets):
    return sets * block_size(sets, sizes.positions, sizes.keys) * sizes.keys


FORMS = {
    "dense": Form(
        dense,
        macs=_affinity_macs,
        elements=lambda sizes, sets: sets * sizes.positions * sizes.keys,
        calls=1,
    ),
    "blocked": Form(_run_blocked, macs=_affinity_macs, elements=_block_elements, calls=5),
    "fused": Form(
        lambda _, *tensors: fused(*tensors),
        macs=_affinity_macs,
        elements=lambda sizes, sets: 0,
        calls=1,
    ),
    "associated": Form(
        lambda _, *tensors: associated(*tensors),
        macs=lambda sizes: (sizes.positions + sizes.keys) * sizes.depth * sizes.channels,
        elements=lambda sizes, sets: sets * sizes.depth * sizes.channels,
        calls=1,
    ),
    "sorted": Form(
        lambda _, *tensors: sorted_sums(*tensors),
        macs=lambda sizes: (2 * SORTED_BLOCK * sizes.keys + sizes.positions) * sizes.channels,
        elements=lambda sizes, sets: 2 * sets * (sizes.positions + sizes.keys) * sizes.channels,
        calls=13,
    ),
}

# The forms of each instantiation. The memory of the last form is bounded.
METHODS = {
    "gaussian": ("dense", "fused", "blocked"),
    "embedded_gaussian": ("dense", "fused", "blocked"),
    "dot_product": ("dense", "associated"),
    "concatenation": ("dense", "sorted"),
}
