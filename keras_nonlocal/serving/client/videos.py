"""Videos in the forms in which servers take them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from typing import TypeGuard

import numpy as np
from PIL import Image

from ...tasks.video_classification.signatures import MOST_FRAMES
from ...utils.checks import PathLike
from ...video.decoding.array_video import FPS
from ...video.decoding.read import iterate_frames
from ...video.sampling.by_time import MICROSECONDS
from .errors import ServerError

Video = PathLike | np.ndarray


def check(video: Video) -> None:
    """Raises unless it is a path, frames, or the clips that a network sees."""
    if isinstance(video, str | os.PathLike):
        return
    if not isinstance(video, np.ndarray) or video.dtype != "uint8" or video.ndim not in (4, 5):
        kind = f"{video.dtype} {video.shape}" if isinstance(video, np.ndarray) else type(video)
        raise ValueError(
            "`video` must be a path, frames uint8 (T, H, W, 3), or views uint8 (V, T, H, W, 3). "
            f"Received: {kind}"
        )


def is_views(video: Video) -> TypeGuard[np.ndarray]:
    """Whether it is the clips that a network sees, as `read` of a classifier returns them."""
    return isinstance(video, np.ndarray) and video.ndim == 5


def jpegs(video: Video, frames_per_second: float | None = float(FPS)) -> np.ndarray:
    """Encodes the frames of a video as JPEG files: an array of bytes `(T,)`.

    Args:
        video: Path of a file, or frames uint8 `(T, H, W, 3)`, which are sent as they are.
        frames_per_second: Rate of the frames of a file; `None` for the frames that it has.

    Raises:
        FileNotFoundError, VideoError: The file cannot be read.
        ValueError: It has too many frames for a request.
    """
    frames = video if isinstance(video, np.ndarray) else frames_of(video, frames_per_second)
    files: list[bytes] = []
    for frame in frames:
        if len(files) == MOST_FRAMES:
            raise ValueError(
                f"A video in a request must have at most {MOST_FRAMES} frames. Cut it, or send "
                "views."
            )
        files.append(_jpeg(frame))
    return np.array(files, object)


def most_probable(answer: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Returns the scores of the most probable classes of the only video of a request.

    Raises:
        ServerError: The model answers something else.
    """
    try:
        names, scores = answer["top_names"][0], answer["top_scores"][0]
    except KeyError as error:
        raise ServerError(
            "The model must answer with `top_names` and `top_scores`. Received: "
            f"{', '.join(answer)}"
        ) from error
    return dict(zip(map(str, names), map(float, scores), strict=True))


def frames_of(path: PathLike, frames_per_second: float | None) -> Iterator[np.ndarray]:
    """Yields the frames that are shown at a constant rate, up to the last; all, for `None`."""
    count, before = 0, None
    for time, pixels in iterate_frames(path):
        if frames_per_second is None:
            yield pixels
            continue
        while before is not None and count * MICROSECONDS < time * frames_per_second:
            yield before
            count += 1
        before = pixels
    if before is not None:
        yield before


def _jpeg(frame: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(frame).save(content, "JPEG", quality=95, subsampling=0)
    return content.getvalue()
