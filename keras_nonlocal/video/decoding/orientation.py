"""How the camera was held: which of eight ways turns a stored frame upright."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer

_SIDE_DATA: Any = SideDataContainer  # takes a frame, which the types of PyAV do not say
_SUPPLEMENT = {"h264": 6, "hevc": 39}  # the type of a unit that holds messages about the frame
_HELD = 47  # the type of the message that says how the camera was held


class Orientation(NamedTuple):
    """How a stored frame is changed to stand upright: transposed first, then mirrored.

    Attributes:
        transposed: Whether rows and columns change places.
        rows_reversed: Whether the picture is mirrored from top to bottom after that.
        columns_reversed: Whether it is mirrored from left to right after that.
    """

    transposed: bool = False
    rows_reversed: bool = False
    columns_reversed: bool = False

    @property
    def mirrored(self) -> bool:
        """Whether a turn alone does not make the frame upright."""
        return (self.transposed + self.rows_reversed + self.columns_reversed) % 2 == 1

    @property
    def degrees(self) -> int:
        """The turn, counterclockwise, behind a mirror from left to right if it is mirrored."""
        if self.transposed:
            return -90 if self.columns_reversed else 90
        return 180 if self.rows_reversed else 0

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """A view `(H, W, 3)` of a stored frame as it was meant to be seen."""
        if self.transposed:
            pixels = pixels.swapaxes(0, 1)
        rows, columns = (-1 if each else 1 for each in self[1:])
        return pixels[::rows, ::columns]


UPRIGHT = Orientation()


def orientation_of(frame: av.VideoFrame) -> Orientation | None:
    """What the display matrix of a frame says; `None` if the frame has none.

    The matrix takes a place `(x, y)` of the stored frame to `(ax + cy, bx + dy)`. An angle that
    is no multiple of 90 degrees counts as the nearest one, and a matrix of zeros says nothing.
    """
    # `frame.side_data` would keep itself and the frame in memory, as each refers to the other.
    matrix = _SIDE_DATA(frame).get("DISPLAYMATRIX")
    if matrix is None:
        return None
    a, b, _, c, d = np.frombuffer(matrix, "int32")[:5].tolist()
    if abs(b) > abs(a):
        return Orientation(True, b < 0, c < 0)
    return Orientation(False, d < 0, a < 0)


def with_orientation(
    frames: Iterable[av.VideoFrame],
) -> Iterator[tuple[av.VideoFrame, Orientation]]:
    """Frames from the start of a file, each with what the newest message up to it says."""
    held = UPRIGHT
    for frame in frames:
        held = orientation_of(frame) or held
        yield frame, held


def has_orientation_message(packet: av.Packet, codec: str) -> bool:
    """Whether a packet of h264 or hevc says how the camera was held, without decoding it.

    The decoder hands such a message to one frame, although it holds until the next message.
    """
    if codec not in _SUPPLEMENT:
        return False
    return any(
        _unit_type(unit, codec) == _SUPPLEMENT[codec] and _HELD in _message_types(unit, codec)
        for unit in _leading_units(memoryview(packet), codec)
    )


def _unit_type(unit: memoryview, codec: str) -> int:
    return unit[0] & 31 if codec == "h264" else unit[0] >> 1 & 63


def _leading_units(data: memoryview, codec: str) -> Iterator[memoryview]:
    """The units before the first one that holds a part of the frame."""
    for unit in _units(data):
        kind = _unit_type(unit, codec)
        if 1 <= kind <= 5 if codec == "h264" else kind < 32:
            return
        yield unit


def _units(data: memoryview) -> Iterator[memoryview]:
    """Units behind start codes, or behind their lengths in four bytes."""
    if bytes(data[:3]) == b"\0\0\1" or bytes(data[:4]) == b"\0\0\0\1":
        whole, start = bytes(data), 0
        while (start := whole.find(b"\0\0\1", start)) >= 0:
            end = whole.find(b"\0\0\1", start + 3)
            unit = data[start + 3 : end if end >= 0 else len(whole)]
            if unit:
                yield unit
            start += 3
        return
    start = 0
    while start + 4 < len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        if not 0 < length <= len(data) - start - 4:
            return
        yield data[start + 4 : start + 4 + length]
        start += 4 + length


def _message_types(unit: memoryview, codec: str) -> Iterator[int]:
    """Types of the messages of a unit; types and lengths are sums of bytes up to one below 255."""
    place = 1 if codec == "h264" else 2
    while place + 1 < len(unit):
        numbers = []
        for _ in range(2):
            number = 0
            while place < len(unit) and unit[place] == 255:
                number, place = number + 255, place + 1
            number, place = number + (unit[place] if place < len(unit) else 0), place + 1
            numbers.append(number)
        yield numbers[0]
        place += numbers[1]
