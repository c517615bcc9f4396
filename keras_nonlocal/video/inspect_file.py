"""One file looked at wholly: what a worker of a scan does. Imports no Keras."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..utils.hashing import file_sha256
from .decoding.container import Deadline, opened, packets
from .decoding.probe import probe
from .decoding.read import count_frames
from .sampling.by_time import MICROSECONDS

# Lengths in headers are rounded.
_TOLERATED_FRAMES, _TOLERATED_SHARE, _TOLERATED_SECONDS = 1.5, 0.1, 1.0


@dataclass(frozen=True)
class FileReport:
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


def inspect_file(path: str) -> FileReport:
    """Reads and decodes all of a file.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It is not a video, or a part of it is damaged.
        OSError: It cannot be read.
    """
    frames, info = count_frames(path, time_limit=math.inf), probe(path)  # the pool has its own
    note = "; ".join(filter(None, (_shortness(path, frames, info.fps), info.note)))
    return FileReport(frames, info.fps, info.width, info.height, file_sha256(path), note)


def _shortness(path: str, frames: int, fps: float) -> str:
    """What a file lacks of the length that its header promises, as one that was cut off does.

    An edit list may leave frames out on purpose, then their times are left out, too.
    """
    with opened(path) as (container, stream):
        promised, seconds = stream.frames, (container.duration or 0) / MICROSECONDS
        ends = _ends(path, container)
        reached = max(ends.values(), default=0.0)
        if stream.duration is not None:
            seconds = float(stream.duration * stream.time_base)
            start = float((stream.start_time or 0) * stream.time_base)
            reached = ends.get(stream.index, 0.0) - start
    if frames < promised and reached < seconds - _TOLERATED_FRAMES / fps:
        return f"{frames} frames decode, its header promises {promised}"
    if reached < (1 - _TOLERATED_SHARE) * seconds - _TOLERATED_SECONDS:
        return f"{reached:.1f} seconds decode, its header promises {seconds:.1f}"
    return ""


def _ends(path: str, container) -> dict[int, float]:
    """When the last packet of each stream ends, in seconds."""
    ends: dict[int, float] = {}
    for packet in packets(container, None, Deadline(path, math.inf), tolerant=True):
        if packet.size and packet.pts is not None:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            ends[packet.stream_index] = max(end, ends.get(packet.stream_index, 0.0))
    return ends
