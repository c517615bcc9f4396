"""Functions that read frames and clips of one video file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...utils.checks import PathLike
from ..sampling.by_index import clip_indices, clip_span, uniform_starts
from ..sampling.by_time import window
from .container import TIME_LIMIT, Deadline, VideoError, decoded, decoding, opened
from .frame_transform import FrameConverter, ResizeCrop
from .open_video import DamagePolicy, Video


def count_frames(path: PathLike, *, time_limit: float = TIME_LIMIT) -> int:
    """Counts the frames of a video by decoding all of them; `probe` is faster.

    Args:
        path: A video file.
        time_limit: Seconds of processor time after which a `VideoError` is raised.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it is damaged.
    """
    seen, deadline = 0, Deadline(path, time_limit)
    with decoding(path, lambda: f" after {seen} frames"), opened(path) as (container, stream):
        for _ in decoded(container, stream, deadline):
            seen += 1
    if not seen:
        raise VideoError(path, "none of its frames can be decoded")
    return seen


def read_frames(
    path: PathLike,
    indices: Sequence[int],
    *,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
    on_error: DamagePolicy = "raise",
) -> np.ndarray:
    """Reads frames by index, in any order and also repeatedly.

    Args:
        path: A video file.
        indices: Frame indices, from 0.
        short_side, size, on_error: As in `read_clip`.

    Returns:
        uint8 `(len(indices), H, W, 3)`, RGB, upright where the file says how it was held.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part that these frames need is damaged.
        IndexError: The video has fewer frames.
        ValueError: `indices` are empty or negative, or a size is not a positive integer.

    Example:

    >>> read_frames("jumping.mp4", [0, 74, 37], size=(64, 64)).shape
    (3, 64, 64, 3)
    """
    if len(indices) == 0 or min(indices) < 0:
        raise ValueError(f"`indices` must be frame indices from 0. Received: indices={indices!r}")
    with Video(path, on_error=on_error) as video:
        if max(indices) >= len(video.index):
            raise IndexError(
                f"`indices` must be below {len(video.index)}, the number of frames of "
                f"{str(path)!r}. Received: {max(indices)}. `read_clip` loops over short videos."
            )
        return video.read(indices, ResizeCrop(short_side, size))


def read_clip(
    path: PathLike,
    num_frames: int = 32,
    *,
    frame_stride: int = 1,
    start: int | None = None,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
    on_error: DamagePolicy = "raise",
) -> np.ndarray:
    """Reads a clip of frames that are `frame_stride` apart; a video that is too short is looped.

    Decoding starts at the last possible frame before the clip, and skips frames that no frame of
    the clip depends on.

    Args:
        path: A video file.
        num_frames: Frames of the clip.
        frame_stride: Distance between two frames of the clip, in frames of the video.
        start: Index of the first frame; `None` reads the clip in the center.
        short_side: Resize the shorter side to this many pixels; the aspect ratio stays.
        size: `(H, W)`: resize until the frame just covers it, then crop the center.
        on_error: `"raise"` an error, or use the `"previous_frame"` for each frame that cannot be
            decoded (the next one, if there is no previous frame).

    Returns:
        uint8 `(num_frames, H, W, 3)`, RGB, upright where the file says how it was held.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part that the clip needs is damaged.
        ValueError: A number is out of range.

    Example:

    >>> read_clip("jumping.mp4", num_frames=16, frame_stride=2, short_side=112).shape
    (16, 112, 140, 3)
    """
    span, resize = clip_span(num_frames, frame_stride), ResizeCrop(short_side, size)
    with Video(path, on_error=on_error) as video:
        length = len(video.index)
        start = uniform_starts(length, span, 1)[0] if start is None else start
        return video.read(clip_indices(start, num_frames, frame_stride, length), resize)


def iterate_frames(
    path: PathLike,
    *,
    short_side: int | None = None,
    start: float | None = None,
    end: float | None = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the frames of a video one by one, with one frame in memory.

    Args:
        path: A video file.
        short_side: Resize the shorter side to this many pixels; the aspect ratio stays.
        start, end: Yield only frames shown from `start` on and before `end`, in seconds.
        time_limit: Seconds of processor time after which a `VideoError` is raised.

    Returns:
        An iterator of the time of a frame, in microseconds from the first frame of the video, and
        its pixels, uint8 `(H, W, 3)`.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it is damaged.

    Example:

    >>> times = [time for time, frame in iterate_frames("jumping.mp4", start=1.0)]
    >>> times[0], times[-1]
    (1000000, 2960000)
    """
    converter = FrameConverter(path, ResizeCrop(short_side))
    with Video(path, time_limit=time_limit) as video:
        times = video.index.times
        for index, frame in video.frames(*window(times, start, end)):
            yield int(times[index]), converter.pixels(frame)
