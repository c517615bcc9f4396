"""From decoded frames to the RGB pixels of a clip: resized as stored, turned upright, cropped."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from ...utils.checks import PathLike, positive_int, sizes
from .container import VideoError, decoding

# One thread, as clips are read in parallel. Older PyAV has no such argument and uses one thread.
_THREADS = {"threads": 1} if "threads" in (VideoReformatter.reformat.__doc__ or "") else {}
_ALIGNMENT = 64  # bytes
IndexedFrame = tuple[int, av.VideoFrame]


@dataclass(frozen=True)
class ResizeCrop:
    """How a frame is resized and cropped.

    Attributes:
        short_side: Resize until the shorter side is this many pixels.
        size: `(H, W)`: resize until the frame just covers it, or by `short_side`, and crop to it.
        place: Position of the crop, 0 to 1 from the top and from the left; `None` is the center.
        whole: Resize only, without a crop.
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

    def resized_shape(self, height: int, width: int) -> tuple[int, int]:
        """The height and width of a resized upright frame, with its aspect ratio to the pixel.

        >>> ResizeCrop(short_side=120).resized_shape(240, 320)
        (120, 160)
        >>> ResizeCrop(size=(112, 112)).resized_shape(240, 320)
        (112, 149)
        """
        cover = self.size if self.short_side is None else (self.short_side, self.short_side)
        if cover is None:
            return height, width
        if cover[0] * width >= cover[1] * height:
            return cover[0], max(_rounded(width * cover[0], height), cover[1])
        return max(_rounded(height * cover[1], width), cover[0]), cover[1]

    def crop(self, frame: np.ndarray) -> np.ndarray:
        """Crops a resized frame `(H, W, 3)`, without a copy."""
        if self.size is None or self.whole:
            return frame
        room = [have - want for have, want in zip(frame.shape, self.size, strict=False)]
        if self.place is None:
            top, left = (space // 2 for space in room)
        else:
            pairs = zip(room, self.place, strict=True)
            top, left = (min(int(share * (space + 1)), space) for space, share in pairs)
        return frame[top : top + self.size[0], left : left + self.size[1]]


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


class FrameConverter:
    """Converts the frames of one video to pixels, and reuses what resizing needs."""

    def __init__(self, path: PathLike, resize: ResizeCrop):
        self._path, self._resize, self._reformatter = path, resize, VideoReformatter()

    def pixels(self, frame: av.VideoFrame) -> np.ndarray:
        """Converts a frame to uint8 `(H, W, 3)`, upright where the file says how it was held.

        Raises:
            VideoError: The frame cannot be resized, as a line 4 pixels high to a square, or the
                crop does not fit into the resized frame, as a wide crop into an upright frame.
        """
        quarter_turns = round(frame.rotation / 90) % 4  # counterclockwise, as in np.rot90
        sideways = quarter_turns % 2
        upright = (frame.width, frame.height) if sideways else (frame.height, frame.width)
        shape, size = self._resize.resized_shape(*upright), self._resize.size
        if size is not None and (size[0] > shape[0] or size[1] > shape[1]):
            raise VideoError(
                self._path,
                f"`size` does not fit into its frames, which are {shape} when resized. Received: "
                f"short_side={self._resize.short_side}, size={size}",
                "Use a larger `short_side` or another `size`, or remove the video.",
            )
        height, width = shape[:: -1 if sideways else 1]
        context = f" when resized from {frame.width}x{frame.height} to {width}x{height}"
        with decoding(self._path, lambda: context):
            resized = self._reformatter.reformat(
                frame, width=width, height=height, format="rgb24", **_THREADS
            )
        return self._resize.crop(np.rot90(_array(resized), quarter_turns))


def _array(frame: av.VideoFrame) -> np.ndarray:
    """The pixels of an RGB frame, without a copy."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), "uint8").reshape(-1, plane.line_size)[: frame.height]
    return rows[:, : frame.width * 3].reshape(frame.height, frame.width, 3)


class ClipBuffer:
    """A clip that is filled frame by frame."""

    def __init__(self, path: PathLike, indices: Sequence[int], converter: FrameConverter):
        self.video = np.empty(0, "uint8")
        self._path, self._converter, self._length = path, converter, len(indices)
        self._rows: dict[int, list[int]] = {}
        for row, index in enumerate(indices):
            self._rows.setdefault(index, []).append(row)

    @property
    def missing(self) -> Collection[int]:
        """The indices of the frames that are still missing."""
        return self._rows.keys()

    def fill(self, frames: Iterator[IndexedFrame]) -> None:
        """Copies the missing ones of these frames into the clip, until none is missing."""
        for index, frame in frames:
            if index not in self._rows:
                continue
            pixels = self._converter.pixels(frame)
            if not self.video.size:
                self.video = _aligned((self._length, *pixels.shape))
            if pixels.shape != self.video.shape[1:]:
                raise VideoError(
                    self._path, "its frames change size midway; pass `size` to make them equal"
                )
            for row in self._rows.pop(index):
                self.video[row] = pixels
            if not self._rows:
                return


def _aligned(shape: tuple[int, ...]) -> np.ndarray:
    """An empty uint8 array at an address that TensorFlow uses without a copy."""
    size = math.prod(shape)
    memory = np.empty(size + _ALIGNMENT, "uint8")
    first = -memory.ctypes.data % _ALIGNMENT
    return memory[first : first + size].reshape(shape)
