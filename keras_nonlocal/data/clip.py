"""What a clip of a video is: how many frames, how far apart, how large, and which ones."""

from __future__ import annotations

from dataclasses import dataclass

from ..validation import positive_int, sizes
from .sampling import clip_span


@dataclass(frozen=True)
class Clip:
    """How clips are cut from videos.

    Attributes:
        frames: Frames of a clip.
        stride: Their distance in the video, in frames.
        seconds: Their distance in seconds instead, for videos of different or changing frame rates.
        short_side: Frames are scaled while they are decoded until their shorter side is this; two
            numbers are the ends of a range to draw from for each training clip.
        size: Height and width. Frames are scaled until this is just covered, or by `short_side`,
            and cropped to it.
        sampling: Whose clips a video is tested on, see `keras_nonlocal.data.SCHEMES`.
        clips: How many clips of a video are tested.
        crops: How many crops of each of them, spread along the longer side; one is the centre.

    Raises:
        ValueError: A value is out of range, or two contradict each other.

    Example:

    >>> Clip(frames=32, stride=2, size=(224, 224)).span
    63
    """

    frames: int = 32
    stride: int = 1
    seconds: float | None = None
    short_side: int | tuple[int, int] | None = None
    size: tuple[int, int] | None = None
    sampling: str = "spread"
    clips: int = 1
    crops: int = 1

    def __post_init__(self):
        clip_span(self.frames, self.stride)
        positive_int("clips", self.clips)
        positive_int("crops", self.crops)
        if self.size is not None:
            object.__setattr__(self, "size", sizes("size", self.size, 2))

    @property
    def span(self) -> int:
        """Frames of the video from the first frame of a clip to its last."""
        return clip_span(self.frames, self.stride)
