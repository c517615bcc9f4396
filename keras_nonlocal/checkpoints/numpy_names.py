"""The names that a pickle of NumPy arrays may refer to, and their stand-ins.

NumPy's own `_reconstruct` and `dtype` accept object types, callables and any size. The stand-ins
accept numbers of known types only, and compare the number of bytes with the shape.
"""

from __future__ import annotations

import math
from typing import Any

from .binary_file import ByteRange
from .lazy_arrays import BOOL, ElementType, Storage, View, check_sizes, row_major_strides, view
from .pickle_names import Call, Names, Stateful

ELEMENT_TYPES = {
    code: ElementType(code) for code in ("f2", "f4", "f8", *(s + n for s in "iu" for n in "1248"))
}
ELEMENT_TYPES["b1"] = BOOL
BYTE_ORDERS = {"<": "<", ">": ">", "|": "<"}  # single bytes have no order
MAX_ENCODED_CHARACTERS = 256


class NumpyArrayType:
    """Stands for `numpy.ndarray`."""


class NumpyType(Stateful):
    """Stands for a `numpy.dtype` of numbers."""

    def __init__(self, code: str, align: object = False, copy: object = True):
        if code not in ELEMENT_TYPES:
            raise ValueError(
                f"an array has the type {code[:20]!r}, which is not one of "
                f"{', '.join(ELEMENT_TYPES)}"
            )
        self.element_type = ELEMENT_TYPES[code]
        self.byte_order = "<"

    def build(self, state: Any) -> None:
        """Takes `(version, byte order, ...)`. What follows describes structured types only."""
        is_plain = isinstance(state, tuple) and len(state) == 8 and state[2:5] == (None, None, None)
        if not is_plain or not isinstance(state[1], str) or state[1] not in BYTE_ORDERS:
            raise ValueError("an array does not have a plain type of numbers")
        self.byte_order = BYTE_ORDERS[state[1]]


class NumpyArray(Stateful):
    """Stands for a `numpy.ndarray`, which a pickle creates empty before it sets the state.

    Attributes:
        view: The array in the file, or `None` before the state is set.
    """

    def __init__(self, array_type: NumpyArrayType, shape: tuple, code: object):
        self.view: View | None = None

    def build(self, state: Any) -> None:
        """Takes `(version, shape, type, whether the array is column-major, bytes)`."""
        _SET_STATE(*(state if isinstance(state, tuple) else ()), self)


class NumpyNumber:
    """Stands for a NumPy scalar such as `numpy.float32(1)`. Its value is not used."""

    def __init__(self, numpy_type: NumpyType, data: object):
        pass


def _set_state(
    version: int,
    shape: tuple,
    numpy_type: NumpyType,
    column_major: int,
    data: Any,
    array: NumpyArray,
) -> None:
    data = data.encode("latin-1") if isinstance(data, str) else data
    size = data.size if isinstance(data, ByteRange) else len(data)
    check_sizes(*shape)
    if size != math.prod(shape) * numpy_type.element_type.itemsize:
        raise ValueError(f"an array of shape {shape} has {size:,} bytes")
    strides = row_major_strides(shape[::-1])[::-1] if column_major else row_major_strides(shape)
    storage = Storage(numpy_type.element_type, math.prod(shape), numpy_type.byte_order, data)
    array.view = view(storage, 0, shape, strides)


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1" or len(text) > MAX_ENCODED_CHARACTERS:
        raise ValueError(
            f"_codecs.encode is called for {len(text):,} characters and {encoding[:20]!r}"
        )
    return text.encode("latin-1")


_DATA = (str, bytes, ByteRange)
_SET_STATE = Call("an array's state", _set_state, (int, tuple, NumpyType, int, _DATA, NumpyArray))
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
