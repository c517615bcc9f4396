"""Video files -> RGB frames. No other file of the package opens a video.

Frames are numbered as they come out of the decoder, in the order they are shown. Headers are not
believed: some name no frame count, some a wrong one, and a damaged file decodes fewer frames.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Sequence
from contextlib import closing
from functools import partial

import av
import numpy as np

from .geometry import centre_crop, scaled_shape, spread_crops
from .sampling import centre_start, check_start, clip_indices, clip_span, uniform_starts

PathLike = str | os.PathLike[str]


class VideoError(ValueError):
    """A file that cannot be read as a video: which one, why, and what to do about it."""

    def __init__(self, path: PathLike, cause: object):
        super().__init__(
            f"Cannot read {os.fspath(path)!r} as a video: {cause}. "
            "Check that the file is complete and plays, or leave it out."
        )


def count_frames(path: PathLike) -> int:
    """How many frames a video has, found by decoding it.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it is damaged.
    """
    return sum(1 for _ in _decoded(path))


def read_frames(
    path: PathLike,
    indices: Sequence[int],
    *,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Reads frames by number, in any order and as often as asked, in one pass over the file.

    Args:
        path: A video file.
        indices: Frame numbers, counted from 0.
        short_side: Scale the shorter side to this; the aspect stays.
        size: `(H, W)`: scale until this is just covered, then keep the centre.

    Returns:
        uint8 `(len(indices), H, W, 3)`, RGB, upright where the file says how it was held.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or is damaged before the last frame asked for.
        IndexError: The video ends before that frame.
    """
    if len(indices) == 0 or min(indices) < 0:
        raise ValueError(f"`indices` must be frame numbers from 0. Received: indices={indices!r}")
    kept, seen = _collect(path, set(indices), short_side, size)
    if max(indices) >= seen:
        raise IndexError(
            f"{os.fspath(path)!r} has {seen} frames, numbered from 0; "
            f"frame {max(indices)} was asked for. Ask for less, or let `read_clip` loop it."
        )
    return _stacked(path, [kept[index] for index in indices], size)


def read_clip(
    path: PathLike,
    frames: int = 32,
    *,
    stride: int = 1,
    start: int | None = None,
    short_side: int | None = None,
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Reads a clip of `frames` frames, `stride` apart; a video that is too short is looped.

    Args:
        path: A video file.
        frames: Frames of the clip.
        stride: Distance between two of them in the video.
        start: The first one; None takes the clip in the centre, which means decoding the file
            twice, as only that tells how long it is.
        short_side: Scale the shorter side to this; the aspect stays.
        size: `(H, W)`: scale until this is just covered, then keep the centre.

    Returns:
        uint8 `(frames, H, W, 3)`, RGB, upright where the file says how it was held.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part of it that was needed is damaged.

    Example:
        clip = read_clip("running.mp4", frames=32, stride=2, short_side=256)
    """
    span = clip_span(frames, stride)
    start = centre_start(count_frames(path), span) if start is None else check_start(start)
    wanted: Sequence[int] = range(start, start + span, stride)
    kept, seen = _collect(path, wanted, short_side, size)
    if len(kept) < frames:  # the video ended first, so now its length is known
        wanted = clip_indices(start, frames, stride, num_frames=seen)
        kept, _ = _collect(path, set(wanted), short_side, size)
    return _stacked(path, [kept[index] for index in wanted], size)


def read_clips(
    path: PathLike,
    frames: int,
    *,
    clips: int,
    stride: int = 1,
    size: tuple[int, int],
    crops: int = 1,
) -> np.ndarray:
    """Reads clips spread evenly from the start of a video to its end.

    Args:
        path: A video file.
        frames, stride: Of each clip; a video that is too short is looped.
        clips: How many; a single one is the one in the centre.
        size: `(H, W)`: frames are scaled until this is just covered, then cropped.
        crops: How many crops of each clip, spread along the longer side; one is the centre.

    Returns:
        uint8 `(clips * crops, frames, *size, 3)`, RGB; the crops of a clip follow each other.

    Raises:
        FileNotFoundError, VideoError: As `read_clip`.
    """
    length = count_frames(path)
    starts = uniform_starts(length, clip_span(frames, stride), clips)
    wanted = [clip_indices(start, frames, stride, length) for start in starts]
    kept, _ = _collect(path, {index for clip in wanted for index in clip}, None, size)
    return np.stack(
        [
            crop
            for clip in wanted
            for crop in spread_crops(_stacked(path, [kept[i] for i in clip], None), size, crops)
        ]
    )


def _collect(path, wanted: Collection[int], short_side, size) -> tuple[dict[int, np.ndarray], int]:
    """The wanted frames by number, and how many were decoded until the last of them was met."""
    scale = partial(scaled_shape, short_side=short_side, size=size)
    kept, seen, last = {}, 0, max(wanted)
    with closing(_decoded(path)) as frames:
        for index, frame in enumerate(frames):
            seen = index + 1
            if index in wanted:
                kept[index] = _picture(frame, scale)
            if index == last:
                break
    return kept, seen


def _decoded(path: PathLike) -> Generator[av.VideoFrame, None, None]:
    """All frames of the first video stream; one decoder thread, as clips are read in parallel."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}. Check the path.")
    seen = 0
    try:
        with av.open(os.fspath(path)) as container:
            stream = _video_stream(path, container)
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                seen += 1
                yield frame
    except av.FFmpegError as error:
        place = f" after {seen} frames" if seen else ""
        raise VideoError(path, f"{error.strerror}{place}") from error
    if not seen:
        raise VideoError(path, "no frame of it can be decoded")


def _video_stream(path: PathLike, container):
    if not container.streams.video:
        raise VideoError(path, "it has no video stream")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise VideoError(path, "there is no decoder for its codec")
    return stream


def _picture(frame: av.VideoFrame, scale) -> np.ndarray:
    """One frame as `(H, W, 3)`: scaled as it is stored, then turned as its metadata says."""
    quarter_turns = round(frame.rotation / 90)  # counterclockwise, as NumPy counts them
    lying = quarter_turns % 2
    upright = (frame.width, frame.height) if lying else (frame.height, frame.width)
    height, width = reversed(scale(*upright)) if lying else scale(*upright)
    return np.rot90(frame.to_ndarray(format="rgb24", height=height, width=width), quarter_turns)


def _stacked(path, pictures: list[np.ndarray], size) -> np.ndarray:
    if len({picture.shape for picture in pictures}) > 1:
        raise VideoError(path, "its frames change size midway; pass `size` to make them equal")
    video = np.stack(pictures)
    return video if size is None else np.ascontiguousarray(centre_crop(video, size))
