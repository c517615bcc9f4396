"""What a video file says of itself, without decoding more than it must."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...utils.checks import PathLike
from .container import VideoError
from .open_video import Video


@dataclass(frozen=True)
class VideoInfo:
    """A video file in numbers.

    Attributes:
        frames: How many frames it has.
        fps: Frames a second, on average.
        width, height: Of the upright picture, in pixels.
        rotation: By how many degrees, counterclockwise, stored frames are turned to stand upright.
        mirrored: Whether stored frames show a mirror image besides.
        codec: Name of the codec, such as `"h264"`.
        seconds: From its first frame to the end of its last.
        bytes: Size of the file.
    """

    frames: int
    fps: float
    width: int
    height: int
    rotation: int
    mirrored: bool
    codec: str
    seconds: float
    bytes: int


def probe(path: PathLike) -> VideoInfo:
    """Tells what a video file is: its packets are counted, and one frame of it is decoded.

    Args:
        path: A video file.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It is not a video, or its first frame cannot be decoded.

    Example:

    >>> info = probe("jumping.mp4")
    >>> info.frames, info.fps, info.width, info.height, info.codec
    (75, 25.0, 180, 144, 'mpeg4')
    """
    with Video(path) as video:
        index = video.index
        first = next(video.frames(0, len(index)), None)
        if first is None:
            raise VideoError(path, "no frame of it can be decoded")
        _, frame, orientation = first
        width, height = (frame.width, frame.height)[:: -1 if orientation.transposed else 1]
        return VideoInfo(
            frames=len(index),
            fps=round(index.fps, 6),
            width=width,
            height=height,
            rotation=orientation.degrees,
            mirrored=orientation.mirrored,
            codec=video.stream.codec_context.name,
            seconds=float(index.times[-1]) / 1e6 + 1 / index.fps,
            bytes=os.path.getsize(path),
        )
