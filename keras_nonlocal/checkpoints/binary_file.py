"""Reads of an open binary file. Every size is checked against the file before memory is used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from io import BufferedReader

import numpy as np

MAX_LINE_BYTES = 256


@dataclass(frozen=True, order=True, slots=True)
class ByteRange:
    """A range of bytes within the file that has not been read yet."""

    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


class TextRange(ByteRange):
    """The range of a long text in UTF-8, which stands for the bytes of its Latin-1 letters."""

    __slots__ = ()


class BinaryFile:
    """A file that is open for reading.

    Attributes:
        extent: The range of all bytes of the file.
    """

    def __init__(self, file: BufferedReader):
        self._file = file
        self.extent = ByteRange(0, file.seek(0, os.SEEK_END))

    def span(self, start: int, size: int) -> ByteRange:
        """Returns the range of these bytes, or raises `ValueError` if the file is shorter."""
        if start < 0 or size < 0 or start + size > self.extent.size:
            raise ValueError(
                f"it is cut off or damaged: it claims {size:,} bytes at byte {start:,}, "
                f"and has {self.extent.size:,}"
            )
        return ByteRange(start, size)

    def read(self, span: ByteRange) -> bytes:
        """Reads the bytes of a range."""
        self._file.seek(span.start)
        return self._file.read(span.size)

    def read_elements(self, span: ByteRange, dtype: np.dtype) -> np.ndarray:
        """Reads a range directly into a new array, a text by way of its letters."""
        if isinstance(span, TextRange):
            letters = self.read(span).decode("utf-8").encode("latin-1")
            return np.frombuffer(bytearray(letters), dtype)
        elements = np.empty(span.size // dtype.itemsize, dtype)
        self._file.seek(span.start)
        if self._file.readinto(elements.view(np.uint8).data) != span.size:
            raise ValueError("the file became shorter while it was read")
        return elements

    def cursor(self, span: ByteRange) -> Cursor:
        """Returns a reader that starts at the first byte of a range."""
        self._file.seek(span.start)
        return Cursor(self._file, span)


class Cursor:
    """Reads a range of a file from start to end, and never beyond its end.

    Attributes:
        position: The index of the next byte.
    """

    def __init__(self, file: BufferedReader, span: ByteRange):
        self._file = file
        self._end = span.end
        self.position = span.start

    def take(self, size: int) -> bytes:
        """Reads the next bytes."""
        self._advance(size)
        return self._file.read(size)

    def skip(self, size: int) -> ByteRange:
        """Skips the next bytes and returns their range."""
        start = self.position
        self._advance(size)
        self._file.seek(self.position)
        return ByteRange(start, size)

    def line(self) -> str:
        """Reads the next line of ASCII text, and returns it without the line break."""
        line = self._file.readline(MAX_LINE_BYTES)
        self._advance(len(line))
        if not line.endswith(b"\n"):
            raise ValueError(f"byte {self.position:,}: a line is cut off or too long")
        return line[:-1].decode("ascii")

    def _advance(self, size: int) -> None:
        if size < 0 or self.position + size > self._end:
            raise ValueError(
                f"it is cut off or damaged: it announces {size:,} bytes at byte "
                f"{self.position:,}, and {self._end - self.position:,} are left"
            )
        self.position += size
