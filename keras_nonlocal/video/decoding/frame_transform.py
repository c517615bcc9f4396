"""Decoded frames -> RGB pixels of a clip: scaled as they are stored, cropped, turned upright."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from ...utils.checks import PathLike, positive_int, sizes
from .container import VideoError, decoding
from .orientation import Orientation

# One thread, as clips are read in parallel. Older PyAV has no choice, and takes one.
_THREADS = {"threads": 1} if "threads" in (VideoReformatter.reformat.__doc__ or "") else {}


_ALIGNMENT = 64  # bytes
IndexedFrame = tuple[int, av.VideoFrame, Orientation]


@dataclass(frozen=True)
class ResizeCrop:
    """What of a frame becomes the picture.

    Attributes:
        short_side: Scale until the shorter side is this.
        size: `(H, W)`: scale until this is just covered, or by `short_side`, and crop to it.
        place: Where the crop lies in the room there is, 0..1 down and right; `None` is the center.
        whole: Do not crop: keep all that was scaled.
    """

    short_side: int | None = None
    size: tuple[int, int] | None = None
    place: tuple[float, float] | None = None
    whole: bool = False

    def __post_init__(self):
        if self.short_side is not None:
            positive_int("short_side", self.short_side)
        if self.size is not None:
            object.__setattr__(self, "size", sizes("size", self.size, 2))

    def scaled(self, height: int, width: int) -> tuple[int, int]:
        """The height and width that an upright frame is scaled to."""
        if self.short_side is None:
            return scaled_shape(height, width, size=self.size)
        return scaled_shape(height, width, short_side=self.short_side)

    def fits(self, height: int, width: int) -> bool:
        """Whether `size` can be cut out of a scaled frame."""
        return self.size is None or (self.size[0] <= height and self.size[1] <= width)

    def crop(self, picture: np.ndarray) -> np.ndarray:
        """The part of a scaled picture `(H, W, 3)` that is wanted, as a view."""
        if self.size is None or self.whole:
            return picture
        room = [have - want for have, want in zip(picture.shape, self.size, strict=False)]
        top, left = (_place(*pair) for pair in zip(room, self.place or (None, None), strict=True))
        return picture[top : top + self.size[0], left : left + self.size[1]]


class FrameConverter:
    """Turns the frames of one video into pictures; keeps what scaling needs between them."""

    def __init__(self, path: PathLike, framing: ResizeCrop):
        self._path, self._framing, self._reformatter = path, framing, VideoReformatter()

    def paint(self, frame: av.VideoFrame, orientation: Orientation) -> np.ndarray:
        """uint8 `(H, W, 3)`, upright where the file says how it was held; a view.

        Raises:
            VideoError: The frame cannot be scaled to that, as a line 4 pixels high to a square, or
                is too small for a crop then, as one held upright for a wide crop.
        """
        lying = orientation.transposed
        upright = (frame.width, frame.height) if lying else (frame.height, frame.width)
        shape = self._framing.scaled(*upright)
        if not self._framing.fits(*shape):
            raise VideoError(
                self._path,
                f"`size` does not fit into its frames, which are {shape} when scaled. Received: "
                f"short_side={self._framing.short_side}, size={self._framing.size}",
                "Take a larger `short_side` or another `size`, or leave the video out.",
            )
        height, width = shape[:: -1 if lying else 1]
        place = f" when scaled from {frame.width}x{frame.height} to {width}x{height}"
        with decoding(self._path, lambda: place):
            scaled = self._reformatter.reformat(
                frame, width=width, height=height, format="rgb24", **_THREADS
            )
        return self._framing.crop(orientation.upright(_pixels(scaled)))


def _place(room: int, share: float | None) -> int:
    return room // 2 if share is None else min(int(share * (room + 1)), room)


def _pixels(frame: av.VideoFrame) -> np.ndarray:
    """The pixels of an RGB frame, without copying; they live as long as the array does."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), "uint8").reshape(-1, plane.line_size)[: frame.height]
    return rows[:, : frame.width * 3].reshape(frame.height, frame.width, 3)


class ClipBuffer:
    """A clip that is filled frame by frame."""

    def __init__(self, path: PathLike, indices: Sequence[int], converter: FrameConverter):
        self.video = np.empty(0, "uint8")
        self._path, self._converter, self._length = path, converter, len(indices)
        self._rows: dict[int, list[int]] = {}
        for row, number in enumerate(indices):
            self._rows.setdefault(number, []).append(row)

    @property
    def missing(self) -> Collection[int]:
        """Numbers of the frames that are still to come."""
        return self._rows.keys()

    def take(self, frames: Iterator[IndexedFrame]) -> None:
        """Copies the wanted ones among numbered frames into the clip, until it is full."""
        for number, frame, orientation in frames:
            if number in self._rows:
                self._put(self._rows.pop(number), self._converter.paint(frame, orientation))
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


def scaled_shape(
    height: int,
    width: int,
    *,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
) -> tuple[int, int]:
    """The height and width a picture is scaled to, its aspect kept to the nearest pixel.

    Args:
        height, width: The picture as it is.
        short_side: What its shorter side becomes.
        size: `(H, W)` that it has to cover, as tightly as its aspect allows.

    Returns:
        The new height and width; the old ones where neither is asked for.

    Raises:
        ValueError: Both are asked for, or one is not a positive integer.

    >>> scaled_shape(240, 320, short_side=120)
    (120, 160)
    >>> scaled_shape(240, 320, size=(112, 112))
    (112, 149)
    """
    if short_side is not None and size is not None:
        raise ValueError(
            "Give `short_side` or `size`, not both. "
            f"Received: short_side={short_side!r}, size={size!r}"
        )
    if short_side is not None:
        size = (positive_int("short_side", short_side),) * 2
    return (height, width) if size is None else _covering(height, width, *sizes("size", size, 2))


def _covering(height: int, width: int, least_height: int, least_width: int) -> tuple[int, int]:
    """One side becomes exactly its least, the other at least its own."""
    if least_height * width >= least_width * height:
        return least_height, max(_rounded(width * least_height, height), least_width)
    return max(_rounded(height * least_width, width), least_height), least_width


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
