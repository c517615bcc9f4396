"""`probe` describes a video file without decoding it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...utils.checks import PathLike
from ..sampling.by_time import odd_times
from .container import VideoError
from .open_video import Video


@dataclass(frozen=True)
class VideoInfo:
    """The properties of a video file.

    Attributes:
        frames: Number of frames.
        fps: Frames per second, on average.
        width, height: Size of the upright frame, in pixels.
        rotation: Degrees, counterclockwise, by which stored frames are turned upright.
        mirrored: Whether stored frames are mirror images, which are mirrored from left to right
            before they are turned.
        codec: Name of the codec, such as `"h264"`.
        seconds: Time from the first frame to the end of the last frame.
        bytes: Size of the file.
        note: What is odd about the times of its frames; empty for most.
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
    note: str = ""


def probe(path: PathLike) -> VideoInfo:
    """Describes a video file: counts its packets and decodes its first frame.

    Args:
        path: A video file.

    Returns:
        A `VideoInfo` with `frames`, `fps`, `width`, `height`, `rotation`, `codec`, `seconds`,
        `bytes` and `note`.

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
            raise VideoError(path, "none of its frames can be decoded")
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
            note=odd_times(index.times),
        )
