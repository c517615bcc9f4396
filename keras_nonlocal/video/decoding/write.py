"""Writes RGB frames to a video file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np

from ...utils.atomic_files import replacing
from ...utils.checks import PathLike


def write_video(path: PathLike, video: Iterable[np.ndarray], fps: float = 25) -> None:
    """Writes an mp4 file of high quality, with a codec that every FFmpeg has (MPEG-4 part 2).

    The file is written completely or not at all.

    Args:
        path: The file. An existing file is overwritten, and missing folders are created.
        video: uint8 `(T, H, W, 3)`, RGB, with even H and W; or an iterator of such frames, of which
            only one is held in memory.
        fps: Frames per second.

    Raises:
        ValueError: `video` has another shape or dtype.
        OSError: The file cannot be written.

    Example:

    >>> write_video("gray.mp4", np.full((25, 32, 48, 3), 128, "uint8"))
    """
    frames = iter(video if isinstance(video, Iterator) else _checked(video))
    with replacing(path) as partial:
        _encode(partial, frames, fps)


def _checked(video) -> np.ndarray:
    shape, dtype = np.shape(video), getattr(video, "dtype", None)
    if len(shape) != 4 or shape[3] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            "`video` must be a uint8 array of shape (T, H, W, 3). "
            f"Received: shape={shape}, dtype={dtype}"
        )
    if shape[1] % 2 or shape[2] % 2:
        raise ValueError(f"`video` must have an even height and width. Received: shape={shape}")
    return video


def _encode(path: Path, frames: Iterator[np.ndarray], fps: float) -> None:
    first = next(frames, None)
    if first is None:
        raise ValueError("`video` must have at least one frame. Received: none")
    _checked(first[None])
    with av.open(os.path.abspath(path), "w", format="mp4") as container:
        # With coarser quantizers, flat colored areas drift by tens of gray levels.
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream("mpeg4", rate=rate, options={"qmin": "1", "qmax": "2"})
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in chain([first], frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
