"""Arrays that are still in a file. They are described and checked first, and read last.

A `Storage` is a contiguous block of elements in the file. A `View` is an array over a storage.
Views of one storage share memory, as tensors do in PyTorch. So the arrays never take more memory
than the file has bytes, except that bfloat16 doubles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .binary_file import BinaryFile, ByteRange

MAX_DIMENSIONS = 32
MAX_SIZE = 1 << 48
MAX_REPEATED_ELEMENTS = 1 << 16  # in an array that repeats elements by a stride of zero


def bytes_to_bool(elements: np.ndarray) -> np.ndarray:
    """Converts bytes to bool. NumPy allows only the bytes 0 and 1 in a bool array."""
    return elements != 0


def bfloat16_to_float32(elements: np.ndarray) -> np.ndarray:
    """Converts exactly: a bfloat16 is the upper half of a float32."""
    upper = elements.astype("u4")
    upper <<= 16
    return upper.view("f4")


@dataclass(frozen=True, slots=True)
class ElementType:
    """A type of elements.

    Attributes:
        code: NumPy's code for the bytes in the file.
        decode: The function that makes the final array of these.
    """

    code: str
    decode: Callable[[np.ndarray], np.ndarray] = np.asarray  # which changes nothing

    @property
    def itemsize(self) -> int:
        return np.dtype(self.code).itemsize


BOOL = ElementType("u1", bytes_to_bool)
BFLOAT16 = ElementType("u2", bfloat16_to_float32)


@dataclass(slots=True)
class Storage:
    """A contiguous block of elements in a file.

    Attributes:
        element_type: The type of the elements.
        count: The number of elements.
        byte_order: `<` for little endian, `>` for big endian.
        data: The range of the elements in the file, or a few bytes that were read already. It is
            `None` until the position is known.
        base, start: For a part of another storage, that storage and the index of the first element.
    """

    element_type: ElementType
    count: int
    byte_order: str = "<"
    data: ByteRange | bytes | None = None
    base: Storage | None = None
    start: int = 0

    def part(self, start: int, count: int) -> Storage:
        """Returns a storage of some of the elements."""
        check_sizes(start, count)
        if start + count > self.count:
            raise ValueError(
                f"it uses the elements {start} to {start + count} of a storage of {self.count:,}"
            )
        return Storage(self.element_type, count, self.byte_order, base=self, start=start)


@dataclass(frozen=True, slots=True)
class View:
    """An array over a storage. `offset` and `strides` count elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def check_sizes(*sizes: object) -> None:
    """Checks that there are few sizes, and that all are integers in [0, 2**48)."""
    if len(sizes) > 2 * MAX_DIMENSIONS + 1:
        raise ValueError(f"an array has more than {MAX_DIMENSIONS} dimensions")
    if not all(type(size) is int and 0 <= size < MAX_SIZE for size in sizes):
        found = [size if type(size) is int else type(size).__name__ for size in sizes]
        raise ValueError(f"sizes must be integers, not negative and below 2**48. Found: {found}")


def view(storage: Storage, offset: int, shape: tuple, strides: tuple) -> View:
    """Makes a view that stays within its storage.

    Raises:
        ValueError: The view would reach beyond the storage.
    """
    check_sizes(offset, *shape, *strides)
    if len(shape) != len(strides) or len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"an array has {len(shape)} dimensions and {len(strides)} strides")
    count = math.prod(shape)
    last = offset + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if count > max(storage.count, MAX_REPEATED_ELEMENTS) or (count and last >= storage.count):
        raise ValueError(
            f"an array of shape {shape}, strides {strides} and offset {offset} does not fit the "
            f"{storage.count:,} elements of its storage"
        )
    return View(storage.base or storage, storage.start + offset, shape, strides)


def row_major_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the strides of an array in which the last dimension varies fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def read_views(file: BinaryFile, views: Mapping[str, View]) -> dict[str, np.ndarray]:
    """Reads the arrays. Each storage is read once.

    Raises:
        ValueError: Two storages at the same position have different types.
    """
    blocks: dict[ByteRange, tuple[Storage, np.ndarray]] = {}
    return {name: _array(view, _block(file, view.storage, blocks)) for name, view in views.items()}


def _block(file: BinaryFile, storage: Storage, blocks: dict) -> np.ndarray:
    """Returns the elements of a storage as an array of one dimension."""
    data, dtype = storage.data, np.dtype(f"{storage.byte_order}{storage.element_type.code}")
    if isinstance(data, bytes):
        return _decoded(storage, np.frombuffer(bytearray(data), dtype))
    if data is None:
        raise ValueError("an array has no elements in the file")
    if data not in blocks:
        elements = file.read_elements(data, dtype)
        if elements.size != storage.count:  # a text shows its length only when it is decoded
            raise ValueError(f"an array has {elements.size:,} of {storage.count:,} elements")
        blocks[data] = storage, _decoded(storage, elements)
    first, block = blocks[data]
    if (first.element_type, first.byte_order) != (storage.element_type, storage.byte_order):
        raise ValueError(f"it describes the elements at byte {data.start:,} with two types")
    return block


def _decoded(storage: Storage, elements: np.ndarray) -> np.ndarray:
    if not elements.dtype.isnative:
        elements = elements.byteswap(inplace=True).view(elements.dtype.newbyteorder("="))
    return storage.element_type.decode(elements)


def _array(view: View, block: np.ndarray) -> np.ndarray:
    if 0 in view.shape:
        return np.empty(view.shape, block.dtype)
    return np.ndarray(
        view.shape,
        block.dtype,
        buffer=block,
        offset=view.offset * block.itemsize,
        strides=tuple(step * block.itemsize for step in view.strides),
    )
