"""An open file. What it claims is checked against its size before any memory is taken."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BufferedReader

import numpy as np

LONGEST_LINE = 256


@dataclass(frozen=True, order=True, slots=True)
class ByteRange:
    """Bytes of a file that lie within it, and have not been read."""

    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


class BinaryFile:
    """A file opened for reading.

    Attributes:
        whole: Its span.
    """

    def __init__(self, file: BufferedReader):
        self._file = file
        self.whole = ByteRange(0, file.seek(0, os.SEEK_END))

    def span(self, start: int, size: int) -> ByteRange:
        """These bytes, if the file has them."""
        if start < 0 or size < 0 or start + size > self.whole.size:
            raise ValueError(
                f"it is cut off or damaged: it claims {size:,} bytes at byte {start:,}, "
                f"and has {self.whole.size:,}"
            )
        return ByteRange(start, size)

    def read(self, span: ByteRange) -> bytes:
        """The bytes of a span."""
        self._file.seek(span.start)
        return self._file.read(span.size)

    def read_numbers(self, span: ByteRange, dtype: np.dtype) -> np.ndarray:
        """The numbers of a span, read into the array that is returned."""
        numbers = np.empty(span.size // dtype.itemsize, dtype)
        self._file.seek(span.start)
        if self._file.readinto(numbers.view(np.uint8).data) != span.size:
            raise ValueError("the file became shorter while it was read")
        return numbers

    def cursor(self, span: ByteRange) -> Cursor:
        """A reader that goes through a span from its start."""
        self._file.seek(span.start)
        return Cursor(self._file, span)


class Cursor:
    """Goes through a span of a file, and not beyond its end.

    Attributes:
        position: The next byte.
    """

    def __init__(self, file: BufferedReader, span: ByteRange):
        self._file = file
        self._end = span.end
        self.position = span.start

    def take(self, size: int) -> bytes:
        """The next bytes."""
        self._advance(size)
        return self._file.read(size)

    def skip(self, size: int) -> ByteRange:
        """The next bytes, unread."""
        start = self.position
        self._advance(size)
        self._file.seek(self.position)
        return ByteRange(start, size)

    def line(self) -> str:
        """The next line of ASCII text, without its end."""
        line = self._file.readline(LONGEST_LINE)
        self._advance(len(line))
        if not line.endswith(b"\n"):
            raise ValueError(f"byte {self.position:,}: a line is cut off, or too long")
        return line[:-1].decode("ascii")

    def _advance(self, size: int) -> None:
        if size < 0 or self.position + size > self._end:
            raise ValueError(
                f"it is cut off or damaged: {size:,} bytes are announced at byte "
                f"{self.position:,}, and {self._end - self.position:,} are left"
            )
        self.position += size
