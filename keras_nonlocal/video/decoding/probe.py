"""`probe` describes a video file without decoding it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...utils.checks import PathLike
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
        codec: Name of the codec, such as `"h264"`.
        seconds: Time from the first frame to the end of the last frame.
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


def probe(path: PathLike) -> VideoInfo:
    """Describes a video file: counts its packets and decodes its first frame.

    Args:
        path: A video file.

    Returns:
        A `VideoInfo` with `frames`, `fps`, `width`, `height`, `rotation`, `codec`, `seconds` and
        `bytes`.

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
        _, frame = next(video.frames(0, len(index)), (0, None))
        if frame is None:
            raise VideoError(path, "none of its frames can be decoded")
        rotation = round(frame.rotation / 90) * 90
        width, height = (frame.width, frame.height)[:: -1 if rotation % 180 else 1]
        return VideoInfo(
            frames=len(index),
            fps=round(index.fps, 6),
            width=width,
            height=height,
            rotation=rotation,
            codec=video.stream.codec_context.name,
            seconds=float(index.times[-1]) / 1e6 + 1 / index.fps,
            bytes=os.path.getsize(path),
        )
