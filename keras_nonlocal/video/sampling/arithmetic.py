"""What sampling rules need beside `+ - * // %`: for NumPy here, for graphs in `shards`.

A rule is written once, over integers that are Python's, NumPy's, or int64 tensors of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Integer = Any  # of Python or NumPy, or an int64 tensor
Integers = Any  # an int64 array or tensor
Draw = Callable[[Integer], Integer]  # `draw(n)` is an integer drawn evenly from 0 until before n


class Arithmetic(NamedTuple):
    """Operations on integers that have no operator.

    Attributes:
        maximum, minimum: Of two.
        arange: The integers from 0 until before a number.
        size: How many there are in a row.
        at_or_before: For each moment, the place of the last time that is not after it.
        real: Integers as float64.
        rounded: Floats to the nearest integers, halves to the even one.
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
