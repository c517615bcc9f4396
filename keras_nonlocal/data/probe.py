"""What a video file says of itself, without decoding more than it must."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VideoInfo:
    """A video file in numbers.

    Attributes:
        frames: How many frames it has.
        fps: Frames a second, on average.
        width, height: Of the upright picture, in pixels.
        rotation: By how many degrees, counterclockwise, stored frames are turned to stand upright.
        codec: Name of the codec, such as `"h264"`.
        seconds: From its first frame to the end of its last.
        bytes: Size of the file.
    """

    frames: int
    fps: float
    width: int
    height: int
    rotation: int
    codec: str
    seconds: float
    bytes: int
