"""Writes RGB frames to a video file."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np

from ...utils.atomic_files import replacing
from ...utils.checks import PathLike


def write_video(path: PathLike, video: np.ndarray, fps: int = 25) -> None:
    """Writes an mp4 file of high quality, with a codec that every FFmpeg has (MPEG-4 part 2).

    The file is written completely or not at all.

    Args:
        path: The file. An existing file is overwritten, and missing folders are created.
        video: uint8 `(T, H, W, 3)`, RGB, with even H and W.
        fps: Frames per second.

    Raises:
        ValueError: `video` has another shape or dtype.
        OSError: The file cannot be written.

    Example:

    >>> write_video("gray.mp4", np.full((25, 32, 48, 3), 128, "uint8"))
    """
    _check(video)
    with replacing(path) as partial:
        _encode(partial, video, fps)


def _check(video: np.ndarray) -> None:
    shape, dtype = np.shape(video), getattr(video, "dtype", None)
    if len(shape) != 4 or shape[3] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            "`video` must be a uint8 array of shape (T, H, W, 3). "
            f"Received: shape={shape}, dtype={dtype}"
        )
    if shape[1] % 2 or shape[2] % 2:
        raise ValueError(f"`video` must have an even height and width. Received: shape={shape}")


def _encode(path: Path, video: np.ndarray, fps: int) -> None:
    with av.open(os.path.abspath(path), "w", format="mp4") as container:
        # With coarser quantizers, flat colored areas drift by tens of gray levels.
        stream = container.add_stream("mpeg4", rate=fps, options={"qmin": "1", "qmax": "2"})
        stream.height, stream.width = video.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in video:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
