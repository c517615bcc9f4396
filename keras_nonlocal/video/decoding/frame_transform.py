"""A decoded frame -> RGB pixels: scaled as it is stored, cropped, turned upright."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from ...utils.checks import positive_int, sizes
from ..crops import scaled_shape
from .container import PathLike, VideoError, decoding

# One thread, as clips are read in parallel. Older PyAV has no choice, and takes one.
_THREADS = {"threads": 1} if "threads" in (VideoReformatter.reformat.__doc__ or "") else {}


@dataclass(frozen=True)
class Framing:
    """What of a frame becomes the picture.

    Attributes:
        short_side: Scale until the shorter side is this.
        size: `(H, W)`: scale until this is just covered, or by `short_side`, and crop to it.
        place: Where the crop lies in the room there is, 0..1 down and right; `None` is the centre.
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


class Painter:
    """Turns the frames of one video into pictures; keeps what scaling needs between them."""

    def __init__(self, path: PathLike, framing: Framing):
        self._path, self._framing, self._reformatter = path, framing, VideoReformatter()

    def paint(self, frame: av.VideoFrame) -> np.ndarray:
        """uint8 `(H, W, 3)`, upright where the file says how it was held; a view.

        Raises:
            VideoError: The frame cannot be scaled to that, as a line 4 pixels high to a square, or
                is too small for a crop then, as one held upright for a wide crop.
        """
        quarter_turns = round(frame.rotation / 90) % 4  # counterclockwise, as NumPy counts them
        lying = quarter_turns % 2
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
        return self._framing.crop(np.rot90(_pixels(scaled), quarter_turns))


def _place(room: int, share: float | None) -> int:
    return room // 2 if share is None else min(int(share * (room + 1)), room)


def _pixels(frame: av.VideoFrame) -> np.ndarray:
    """The pixels of an RGB frame, without copying; they live as long as the array does."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), "uint8").reshape(-1, plane.line_size)[: frame.height]
    return rows[:, : frame.width * 3].reshape(frame.height, frame.width, 3)
