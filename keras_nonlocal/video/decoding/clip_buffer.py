"""Numbered frames, in the order they are decoded -> the clip that they were asked for."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

import av
import numpy as np

from .container import PathLike, VideoError
from .frame_transform import Painter

_ALIGNMENT = 64
Numbered = tuple[int, av.VideoFrame]


class FilledClip:
    """A clip that is filled frame by frame."""

    def __init__(self, path: PathLike, numbers: Sequence[int], painter: Painter):
        self.video = np.empty(0, "uint8")
        self._path, self._painter, self._length = path, painter, len(numbers)
        self._rows: dict[int, list[int]] = {}
        for row, number in enumerate(numbers):
            self._rows.setdefault(number, []).append(row)

    @property
    def missing(self) -> Collection[int]:
        """Numbers of the frames that are still to come."""
        return self._rows.keys()

    def take(self, frames: Iterator[Numbered]) -> None:
        """Copies the wanted ones among numbered frames into the clip, until it is full."""
        for number, frame in frames:
            if number in self._rows:
                self._put(self._rows.pop(number), self._painter.paint(frame))
                if not self._rows:
                    return

    def _put(self, rows: list[int], picture: np.ndarray) -> None:
        if not self.video.size:
            self.video = _aligned((self._length, *picture.shape))
        if picture.shape != self.video.shape[1:]:
            raise VideoError(
                self._path, "its frames change size midway; pass `size` to make them equal"
            )
        for row in rows:
            self.video[row] = picture


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """An empty uint8 array at an address that TensorFlow takes over without a copy."""
    size = math.prod(shape)
    memory = np.empty(size + _ALIGNMENT, "uint8")
    first = -memory.ctypes.data % _ALIGNMENT
    return memory[first : first + size].reshape(shape)
