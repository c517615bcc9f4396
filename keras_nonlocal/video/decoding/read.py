"""Frames and clips of one video file as arrays: the plain doors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...utils.checks import PathLike
from ..sampling.by_index import check_start, clip_indices, clip_span, uniform_starts
from ..sampling.by_time import window
from .container import TIME_LIMIT, Deadline, VideoError, decoded, decoding, opened
from .frame_transform import FrameConverter, ResizeCrop
from .open_video import DamagePolicy, Video


def count_frames(path: PathLike, *, time_limit: float = TIME_LIMIT) -> int:
    """How many frames a video has, found by decoding it all; `probe` tells it faster.

    Args:
        path: A video file.
        time_limit: Seconds of the processor after which reading gives up.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it is damaged.
    """
    seen, deadline = 0, Deadline(path, time_limit)
    with decoding(path, lambda: f" after {seen} frames"), opened(path) as (container, stream):
        for _ in decoded(container, stream, deadline):
            seen += 1
    if not seen:
        raise VideoError(path, "no frame of it can be decoded")
    return seen


def read_frames(
    path: PathLike,
    indices: Sequence[int],
    *,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
    on_error: DamagePolicy = "raise",
) -> np.ndarray:
    """Reads frames by number, in any order and as often as asked.

    Args:
        path: A video file.
        indices: Frame numbers, counted from 0.
        short_side: Scale the shorter side to this; the aspect stays.
        size: `(H, W)`: scale until this is just covered, then keep the center.
        on_error: As in `read_clip`.

    Returns:
        uint8 `(len(indices), H, W, 3)`, RGB, upright where the file says how it was held.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it that was needed is damaged.
        IndexError: The video ends before that frame.
    """
    if len(indices) == 0 or min(indices) < 0:
        raise ValueError(f"`indices` must be frame numbers from 0. Received: indices={indices!r}")
    with Video(path, on_error=on_error) as video:
        if max(indices) >= len(video.index):
            raise IndexError(
                f"{str(path)!r} has {len(video.index)} frames, numbered from 0; "
                f"frame {max(indices)} was asked for. Ask for less, or let `read_clip` loop it."
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

    Decoding begins at the last place before the clip where it can, leaves out frames that no
    wanted one depends on, and scales what it decodes.

    Args:
        path: A video file.
        num_frames: Frames of the clip.
        frame_stride: Distance between two of them in the video.
        start: The first one; `None` takes the clip in the center.
        short_side: Scale the shorter side to this; the aspect stays.
        size: `(H, W)`: scale until this is just covered, then keep the center.
        on_error: `"raise"`, or `"previous_frame"` to repeat the frame before one that cannot be
            decoded (the one after it, where there is none before).

    Returns:
        uint8 `(num_frames, H, W, 3)`, RGB, upright where the file says how it was held.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it that was needed is damaged.

    Example:

    >>> read_clip("jumping.mp4", num_frames=16, frame_stride=2, short_side=112).shape
    (16, 112, 140, 3)
    """
    span, framing = clip_span(num_frames, frame_stride), ResizeCrop(short_side, size)
    with Video(path, on_error=on_error) as video:
        length = len(video.index)
        start = uniform_starts(length, span, 1)[0] if start is None else check_start(start)
        return video.read(clip_indices(start, num_frames, frame_stride, length), framing)


def iterate_frames(
    path: PathLike,
    *,
    short_side: int | None = None,
    start: float | None = None,
    end: float | None = None,
    time_limit: float = TIME_LIMIT,
) -> Iterator[tuple[int, np.ndarray]]:
    """Goes through a video frame by frame, without holding more than one.

    Args:
        path: A video file.
        short_side: Scale the shorter side to this; the aspect stays.
        start, end: Only frames shown from `start` on and before `end`, in seconds.
        time_limit: Seconds of the processor after which reading gives up.

    Returns:
        An iterator of the time of a frame, in microseconds from the first one, and its pixels,
        uint8 `(H, W, 3)`.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it is damaged.

    Example:

    >>> times = [time for time, picture in iterate_frames("jumping.mp4", start=1.0)]
    >>> times[0], times[-1]
    (1000000, 2960000)
    """
    converter = FrameConverter(path, ResizeCrop(short_side))
    with Video(path, time_limit=time_limit) as video:
        times = video.index.times
        for number, frame, orientation in video.frames(*window(times, start, end)):
            yield int(times[number]), converter.paint(frame, orientation)
