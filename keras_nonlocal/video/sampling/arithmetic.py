"""The operations that sampling rules need besides `+ - * // %`.

A rule is written once, over integers of Python or NumPy, or int64 tensors of TensorFlow. The
operations for NumPy are here, and those for graphs are in `shards/reading.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Integer = Any  # of Python or NumPy, or an int64 tensor
Integers = Any  # an int64 array or tensor
Draw = Callable[[Integer], Integer]  # `draw(n)` returns a uniform integer in [0, n)


class Arithmetic(NamedTuple):
    """Operations on integers that Python has no operator for.

    Attributes:
        maximum, minimum: The larger or smaller of two integers.
        arange: The integers in [0, n).
        size: The number of elements of a vector.
        at_or_before: For each moment, the index of the last time that is not after it.
        real: Converts integers to float64.
        rounded: Rounds to the nearest integer, and halves to the even one.
    """

    maximum: Callable[[Integer, Integer], Integer]
    minimum: Callable[[Integer, Integer], Integer]
    arange: Callable[[int], Integers]
    size: Callable[[Integers], Integer]
    at_or_before: Callable[[Integers, Integers], Integers]
    real: Callable[[Integer], Any]
    rounded: Callable[[Any], Integer]


NUMPY = Arithmetic(
    maximum=np.maximum,
    minimum=np.minimum,
    arange=lambda count: np.arange(count, dtype="int64"),
    size=len,
    at_or_before=lambda times, moments: np.searchsorted(times, moments, side="right") - 1,
    real=lambda value: np.asarray(value, "float64"),
    rounded=lambda value: np.rint(value).astype("int64"),
)
