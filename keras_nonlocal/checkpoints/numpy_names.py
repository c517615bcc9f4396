"""The names that a pickle of NumPy arrays may refer to, and their stand-ins.

NumPy's own `_reconstruct` and `dtype` accept object types, callables and any size. The stand-ins
accept numbers of known types only, and compare the number of bytes with the shape.
"""

from __future__ import annotations

import math
from typing import Any

from .binary_file import ByteRange, TextRange
from .lazy_arrays import BOOL, ElementType, Storage, View, check_sizes, row_major_strides, view
from .pickle_names import Call, Names, Stateful, Unbuilt

ELEMENT_TYPES = {
    code: ElementType(code) for code in ("f2", "f4", "f8", *(s + n for s in "iu" for n in "1248"))
}
ELEMENT_TYPES["b1"] = BOOL
BYTE_ORDERS = {"<": "<", ">": ">", "|": "<"}  # single bytes have no order


class NumpyArrayType:
    """Stands for `numpy.ndarray`."""


class NumpyType(Stateful):
    """Stands for a `numpy.dtype` of numbers."""

    def __init__(self, code: str):
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
        view: The array in the file, unbuilt if its type is not one of numbers, or `None` before
            the state is set.
    """

    def __init__(self, array_type: NumpyArrayType, shape: tuple, code: object):
        self.view: View | Unbuilt | None = None

    def build(self, state: Any) -> None:
        """Takes `(version, shape, type, whether the array is column-major, bytes)`."""
        self.view = _VIEW(*(state if isinstance(state, tuple) else ()))


class NumpyNumber:
    """Stands for a NumPy scalar such as `numpy.float32(1)`. Its value is not used."""

    def __init__(self, numpy_type: NumpyType, data: object):
        pass


def _numpy_type(code: str, align: object = False, copy: object = True) -> NumpyType | Unbuilt:
    if code in ELEMENT_TYPES:
        return NumpyType(code)
    known = ", ".join(ELEMENT_TYPES)
    return Unbuilt(f"an array has the type {code[:20]!r}, which is not one of {known}")


def _view(version: int, shape: tuple, numpy_type: NumpyType, column_major: int, data: Any) -> View:
    data = data.encode("latin-1") if isinstance(data, str) else data
    size = data.size if isinstance(data, ByteRange) else len(data)
    check_sizes(*shape)
    expected = math.prod(shape) * numpy_type.element_type.itemsize
    fits = expected <= size <= 2 * expected if isinstance(data, TextRange) else size == expected
    if not fits:
        raise ValueError(f"an array of shape {shape} has {size:,} bytes")
    strides = row_major_strides(shape[::-1])[::-1] if column_major else row_major_strides(shape)
    storage = Storage(numpy_type.element_type, math.prod(shape), numpy_type.byte_order, data)
    return view(storage, 0, shape, strides)


def _from_buffer(
    data: Any, numpy_type: NumpyType, shape: tuple, order: str, axes: tuple | None = None
) -> View:
    """Makes an array of protocol 5; `axes` are those of an array in neither order."""
    found = _view(1, shape, numpy_type, order == "F", data)
    if axes is None:
        return found
    if sorted(axes) != list(range(len(shape))):
        raise ValueError(f"an array of {len(shape)} dimensions has the axes {axes}")
    shape, strides = (tuple(sizes[axis] for axis in axes) for sizes in (shape, found.strides))
    return view(found.storage, 0, shape, strides)


def _encode(text: str | TextRange, encoding: str) -> bytes | TextRange:
    """Takes bytes as Python 3 writes them for Python 2: the letters of Latin-1."""
    if encoding != "latin1":
        raise ValueError(f"_codecs.encode is called for {encoding[:20]!r}")
    return text if isinstance(text, TextRange) else text.encode("latin-1")


_DATA = (str, bytes, ByteRange)
_VIEW = Call("an array's state", _view, (int, tuple, NumpyType, int, _DATA))
_ARRAY = Call("_reconstruct", NumpyArray, (NumpyArrayType, tuple, (str, bytes)), makes_arrays=True)
_BUFFER = Call(
    *("_frombuffer", _from_buffer, (_DATA, NumpyType, tuple, str, (tuple, type(None)))),
    *(1, True),
)
_NUMBER = Call("numpy scalar", NumpyNumber, (NumpyType, _DATA))

NUMPY: Names = {
    ("numpy", "ndarray"): NumpyArrayType(),
    ("numpy", "dtype"): Call("numpy.dtype", _numpy_type, (str, int, int), optional=2),
    ("numpy.core.multiarray", "_reconstruct"): _ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): _ARRAY,
    ("numpy.core.multiarray", "scalar"): _NUMBER,
    ("numpy._core.multiarray", "scalar"): _NUMBER,
    ("numpy.core.numeric", "_frombuffer"): _BUFFER,
    ("numpy._core.numeric", "_frombuffer"): _BUFFER,
    ("_codecs", "encode"): Call("_codecs.encode", _encode, ((str, TextRange), str)),
    ("__builtin__", "bytes"): Call("bytes", bytes, ()),  # of an empty array
}
