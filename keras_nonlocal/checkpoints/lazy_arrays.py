"""Arrays that still lie in a file: described and checked first, read last.

A `Storage` is a row of numbers in the file, a `View` is an array over it. Views of one storage
share memory, as in PyTorch, so what is read is never larger than the file (bfloat16 doubles).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .binary_file import BinaryFile, ByteRange

MOST_DIMENSIONS = 32
LARGEST_SIZE = 1 << 48
LARGEST_REPETITION = 1 << 16  # elements of an array that shows the same numbers again and again


def as_they_are(numbers: np.ndarray) -> np.ndarray:
    return numbers


def as_truth(numbers: np.ndarray) -> np.ndarray:
    """Bytes to bool, of which NumPy allows 0 and 1 only."""
    return numbers != 0


def from_bfloat16(numbers: np.ndarray) -> np.ndarray:
    """A bfloat16 is the upper half of a float32."""
    upper = numbers.astype("u4")
    upper <<= 16
    return upper.view("f4")


@dataclass(frozen=True, slots=True)
class ElementType:
    """A type of numbers: NumPy's code for the bytes in the file, and what makes them an array."""

    code: str
    decode: Callable[[np.ndarray], np.ndarray] = as_they_are

    @property
    def itemsize(self) -> int:
        return np.dtype(self.code).itemsize


BOOL = ElementType("u1", as_truth)
BFLOAT16 = ElementType("u2", from_bfloat16)


@dataclass(slots=True)
class Storage:
    """A row of `count` numbers in a file; `data` is None until its place is known.

    Attributes:
        kind: Their type.
        count: How many.
        order: `<` for little endian, `>` for big endian.
        data: Where they are, or few bytes that have been read already.
        whole, start: The storage that this one is a part of, and its first number there.
    """

    kind: ElementType
    count: int
    order: str = "<"
    data: ByteRange | bytes | None = None
    whole: Storage | None = None
    start: int = 0

    def part(self, start: int, count: int) -> Storage:
        """Some of its numbers, as a storage of its own."""
        check_sizes(start, count)
        if start + count > self.count:
            raise ValueError(f"numbers {start} to {start + count} of {self.count:,} are used")
        return Storage(self.kind, count, self.order, whole=self, start=start)


@dataclass(frozen=True, slots=True)
class View:
    """An array over a storage; `offset` and `strides` count numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def check_sizes(*sizes: object) -> None:
    """Sizes are integers that are not negative, and few."""
    if len(sizes) > 2 * MOST_DIMENSIONS + 1:
        raise ValueError(f"an array has more than {MOST_DIMENSIONS} dimensions")
    if not all(type(size) is int and 0 <= size < LARGEST_SIZE for size in sizes):
        found = [size if type(size) is int else type(size).__name__ for size in sizes]
        raise ValueError(f"sizes are integers, not negative and below 2**48. Found: {found}")


def view(storage: Storage, offset: int, shape: tuple, strides: tuple) -> View:
    """A view that stays within its storage.

    Raises:
        ValueError: It does not.
    """
    check_sizes(offset, *shape, *strides)
    if len(shape) != len(strides) or len(shape) > MOST_DIMENSIONS:
        raise ValueError(f"an array has {len(shape)} dimensions and {len(strides)} strides")
    count = math.prod(shape)
    last = offset + sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if count > max(storage.count, LARGEST_REPETITION) or (count and last >= storage.count):
        raise ValueError(
            f"an array of shape {shape}, strides {strides} and offset {offset} does not fit the "
            f"{storage.count:,} numbers that it should show"
        )
    return View(storage.whole or storage, storage.start + offset, shape, strides)


def row_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of an array whose last dimension is the fastest."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def read_views(source: BinaryFile, views: Mapping[str, View]) -> dict[str, np.ndarray]:
    """The arrays; each storage is read once.

    Raises:
        ValueError: One place in the file that is said to be of two types.
    """
    rows: dict[ByteRange, tuple[Storage, np.ndarray]] = {}
    return {name: _array(found, _row(source, found.storage, rows)) for name, found in views.items()}


def _row(source: BinaryFile, storage: Storage, rows: dict) -> np.ndarray:
    data, dtype = storage.data, np.dtype(f"{storage.order}{storage.kind.code}")
    if isinstance(data, bytes):
        return _decoded(storage, np.frombuffer(bytearray(data), dtype))
    if data is None:
        raise ValueError("an array lacks its numbers")
    if data not in rows:
        rows[data] = storage, _decoded(storage, source.read_numbers(data, dtype))
    first, row = rows[data]
    if (first.kind, first.order) != (storage.kind, storage.order):
        raise ValueError(f"its numbers at byte {data.start:,} are said to be of two types")
    return row


def _decoded(storage: Storage, numbers: np.ndarray) -> np.ndarray:
    if not numbers.dtype.isnative:
        numbers = numbers.byteswap(inplace=True).view(numbers.dtype.newbyteorder("="))
    return storage.kind.decode(numbers)


def _array(found: View, row: np.ndarray) -> np.ndarray:
    if 0 in found.shape:
        return np.empty(found.shape, row.dtype)
    return np.ndarray(
        found.shape,
        row.dtype,
        buffer=row,
        offset=found.offset * row.itemsize,
        strides=tuple(step * row.itemsize for step in found.strides),
    )
