"""What a pickle may name to hold NumPy arrays, and what stands for it here.

NumPy's own `_reconstruct` and `dtype` take object types, callables and any size. These take
numbers of known types, and check the bytes against the shape.
"""

from __future__ import annotations

import math
from typing import Any

from .binary_file import ByteRange
from .lazy_arrays import BOOL, ElementType, Storage, View, check_sizes, row_strides, view
from .pickle_names import Call, Names, Stateful

ELEMENT_TYPES = {
    code: ElementType(code) for code in ("f2", "f4", "f8", *(s + n for s in "iu" for n in "1248"))
}
ELEMENT_TYPES["b1"] = BOOL
BYTE_ORDERS = {"<": "<", ">": ">", "|": "<"}  # a byte has no order
LONGEST_TEXT = 256  # bytes of a number that were written as text


class NumpyArrayType:
    """`numpy.ndarray`."""


class NumpyType(Stateful):
    """`numpy.dtype` of a number."""

    def __init__(self, code: str, align: object = False, copy: object = True):
        if code not in ELEMENT_TYPES:
            raise ValueError(
                f"an array has the type {code[:20]!r}, which is none of {', '.join(ELEMENT_TYPES)}"
            )
        self.kind = ELEMENT_TYPES[code]
        self.order = "<"

    def build(self, state: Any) -> None:
        """(version, byte order, then what only structures have)."""
        plain = isinstance(state, tuple) and len(state) == 8 and state[2:5] == (None, None, None)
        if not plain or not isinstance(state[1], str) or state[1] not in BYTE_ORDERS:
            raise ValueError("an array is of no plain type of numbers")
        self.order = BYTE_ORDERS[state[1]]


class NumpyArray(Stateful):
    """`numpy.ndarray` as it is unpickled: empty first, then given its state.

    Attributes:
        view: The array in the file, None before it has its state.
    """

    def __init__(self, kind: NumpyArrayType, shape: tuple, code: object):
        self.view: View | None = None

    def build(self, state: Any) -> None:
        """(version, shape, type, whether the first dimension is the fastest, bytes)."""
        _STATE(*(state if isinstance(state, tuple) else ()), self)


class NumpyNumber:
    """`numpy.float32(1)` and the like: no array, so its value is of no interest."""

    def __init__(self, kind: NumpyType, data: object):
        pass


def _fill(
    version: int, shape: tuple, kind: NumpyType, columns: int, data: Any, array: NumpyArray
) -> None:
    data = data.encode("latin-1") if isinstance(data, str) else data
    size = data.size if isinstance(data, ByteRange) else len(data)
    check_sizes(*shape)
    if size != math.prod(shape) * kind.kind.itemsize:
        raise ValueError(f"an array of shape {shape} has {size:,} bytes")
    strides = row_strides(shape[::-1])[::-1] if columns else row_strides(shape)
    storage = Storage(kind.kind, math.prod(shape), kind.order, data)
    array.view = view(storage, 0, shape, strides)


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1" or len(text) > LONGEST_TEXT:
        raise ValueError(f"_codecs.encode is used for {len(text):,} letters to {encoding[:20]!r}")
    return text.encode("latin-1")


_DATA = (str, bytes, ByteRange)
_STATE = Call("an array's state", _fill, (int, tuple, NumpyType, int, _DATA, NumpyArray))
_ARRAY = Call("_reconstruct", NumpyArray, (NumpyArrayType, tuple, (str, bytes)))
_NUMBER = Call("numpy scalar", NumpyNumber, (NumpyType, _DATA))

NUMPY: Names = {
    ("numpy", "ndarray"): NumpyArrayType(),
    ("numpy", "dtype"): Call("numpy.dtype", NumpyType, (str, int, int), optional=2),
    ("numpy.core.multiarray", "_reconstruct"): _ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): _ARRAY,
    ("numpy.core.multiarray", "scalar"): _NUMBER,
    ("numpy._core.multiarray", "scalar"): _NUMBER,
    ("_codecs", "encode"): Call("_codecs.encode", _encode, (str, str)),
}
