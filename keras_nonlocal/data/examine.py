"""One file looked at wholly: what a worker of a scan does. Imports no Keras."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from .moments import MICROSECONDS
from .video import count_frames, probe
from .video.container import opened

_BLOCK = 1 << 20
# Lengths in headers are rounded, and sound may last longer than the picture.
_TOLERATED_SHARE, _TOLERATED_SECONDS = 0.1, 1.0


@dataclass(frozen=True)
class Examined:
    """A file that decodes to its end.

    Attributes:
        frames: How many frames came out of the decoder.
        fps, width, height: As `probe` tells them.
        sha256: Of the file.
        note: What is odd about it all the same; empty for most.
    """

    frames: int
    fps: float
    width: int
    height: int
    sha256: str
    note: str = ""


def examine(path: str) -> Examined:
    """Reads and decodes all of a file.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It is not a video, or a part of it is damaged.
        OSError: It cannot be read.
    """
    frames, info = count_frames(path, time_limit=math.inf), probe(path)  # the pool has its own
    note = _shortness(path, frames, frames / info.fps)
    return Examined(frames, info.fps, info.width, info.height, _sha256(path), note)


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _shortness(path: str, frames: int, seconds: float) -> str:
    """What a file lacks of the length that its header promises, as one that was cut off does."""
    with opened(path) as (container, stream):
        promised, duration = stream.frames, (container.duration or 0) / MICROSECONDS
    if frames < promised:
        return f"{frames} frames decode, its header promises {promised}"
    if seconds < (1 - _TOLERATED_SHARE) * duration - _TOLERATED_SECONDS:
        return f"{seconds:.1f} seconds decode, its header promises {duration:.1f}"
    return ""
