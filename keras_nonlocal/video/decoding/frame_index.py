"""The index of a file: its frames, when each is shown, and where decoding can start.

Frames are indexed in the order in which they are shown. Their times are read from the packets of
the file, which takes a thousandth of the time of decoding. If packets cannot be trusted, as times
are missing or several packets make a frame, the file is decoded once instead.
"""

from __future__ import annotations

import os
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...utils.checks import PathLike
from ..sampling.by_time import MICROSECONDS
from .container import Deadline, VideoError, decoded, opened, packets
from .orientation import has_orientation_message

# Frames of all cached indexes, at 8 bytes each, and 16 bytes while times are in use.
_LIMIT = 4_000_000
# Codecs that show exactly one frame for each packet.
_FRAME_PER_PACKET = {"av1", "gif", "h264", "hevc", "mjpeg", "mpeg4", "vp9"}
# Containers that store the order of decoding but no times; FFmpeg invents times.
_WITHOUT_TIMES = {"avi"}
# Containers in which packets have other times after a seek.
_UNSEEKABLE = {"asf"}
# Containers that are still readable after files were joined byte by byte.
_JOINABLE = {"mpegts", "mpeg"}
# Packets of MPEG-4 with up to this many bytes may have no frame, as in FFmpeg.
_EMPTY_MPEG4 = 19
_USUAL_RATE = 25


class Keys(NamedTuple):
    """Times of the key frames, at which decoding can start, increasing.

    An edit list may exclude a key frame from the video.

    Attributes:
        shown: When key frames are shown.
        decoded: When key frames are decoded, by which some containers seek.
    """

    shown: array[int]
    decoded: array[int]


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a file.

    Attributes:
        stamps: Presentation times of the frames, in units of `unit` seconds.
        unit: The unit of time, in seconds.
        keys: The key frames, in the same unit; `None` if frames can only be counted from the start.
        rate: The frame rate in the header, frames per second.
    """

    stamps: array[int]
    unit: Fraction
    keys: Keys | None
    rate: Fraction

    def __len__(self) -> int:
        return len(self.stamps)

    def index_of(self, stamp: int | None) -> int | None:
        """The index of the frame with a presentation time; `None` if there is none."""
        place = -1 if stamp is None else bisect_left(self.stamps, stamp)
        return place if 0 <= place < len(self) and self.stamps[place] == stamp else None

    @cached_property
    def times(self) -> np.ndarray:
        """When each frame is shown: int64 microseconds from the first frame, not decreasing."""
        stamps = np.maximum.accumulate(np.array(self.stamps, "int64"))
        scale = self.unit * MICROSECONDS
        return (stamps - stamps[0]) * scale.numerator // scale.denominator

    @property
    def fps(self) -> float:
        """Frames per second on average; if there is only one frame, the rate in the header."""
        seconds = float(self.times[-1]) / MICROSECONDS
        return (len(self) - 1) / seconds if seconds > 0 else float(self.rate)

    def key_before(self, index: int) -> tuple[int, int]:
        """When the last key frame up to frame `index` is shown, and when it is decoded."""
        if self.keys is None:
            raise ValueError("Decoding can only start at the first frame, as `keys` is None.")
        key = bisect_right(self.keys.shown, self.stamps[index]) - 1
        return self.keys.shown[key], self.keys.decoded[key]

    def first_decoded(self, index: int) -> int:
        """The index of the first frame that has to be decoded to get frame `index`."""
        return bisect_left(self.stamps, self.key_before(index)[0])


def index_frames(path: PathLike, container, stream, deadline: Deadline, tolerant) -> FrameIndex:
    """Makes the index of a file that was just opened, and reads the file to its end.

    Args:
        path: The file.
        container, stream, deadline: The opened file, its video stream and its deadline.
        tolerant: Whether to skip parts that cannot be read.

    Raises:
        VideoError: The file has no frames, or its time is used up.
        av.FFmpegError: A part of it cannot be read, and `tolerant` is false.
    """
    found, codec, turns = [], stream.codec_context.name, False
    for packet in packets(container, stream, deadline, tolerant=tolerant):
        if packet.size:
            is_key = packet.is_keyframe
            found.append(_Packet(packet.pts, packet.dts, packet.size, is_key, packet.is_discard))
            turns = turns or (is_key and has_orientation_message(packet, codec))
    rate = Fraction(stream.average_rate or stream.guessed_rate or _USUAL_RATE)
    keys = _keys(found)
    restarts = container.format.name in _JOINABLE and _restarts(found)
    can_seek = keys.shown and not turns and not restarts  # else a frame depends on all before it
    if can_seek and _trusted(found, container.format.name, stream.codec_context):
        stamps = sorted(stamp for stamp in _stamps(found) if stamp >= keys.shown[0])
        return FrameIndex(array("q", stamps), stream.time_base, keys, rate)
    stamps = _decoded_stamps(path, deadline, tolerant, restarts)
    if not stamps:
        raise VideoError(path, "none of its frames can be decoded")
    return FrameIndex(array("q", stamps), stream.time_base, None, rate)


class _Packet(NamedTuple):
    shown: int | None
    decoded: int | None
    size: int
    is_key: bool
    cut_off: bool


def _keys(found: Sequence[_Packet]) -> Keys:
    pairs = sorted(
        (packet.shown, packet.shown if packet.decoded is None else packet.decoded)
        for packet in found
        if packet.is_key and packet.shown is not None
    )
    return Keys(array("q", [shown for shown, _ in pairs]), array("q", [at for _, at in pairs]))


def _stamps(found: Sequence[_Packet]) -> list[int]:
    """The times of packets that have one and are not cut off, in the order of decoding."""
    return [packet.shown for packet in found if packet.shown is not None and not packet.cut_off]


def _trusted(found: Sequence[_Packet], container: str, codec) -> bool:
    """Whether each packet is one frame and has the time at which the frame is shown."""
    stamps = _stamps(found)
    if container in _UNSEEKABLE or codec.name not in _FRAME_PER_PACKET:
        return False
    if len(set(stamps)) < sum(not packet.cut_off for packet in found):  # missing or repeated
        return False
    if codec.name == "mpeg4" and min(packet.size for packet in found) <= _EMPTY_MPEG4:
        return False
    if stamps == sorted(stamps):  # invented, if frames are not decoded in the order shown
        return not codec.has_b_frames
    return container not in _WITHOUT_TIMES


def _restarts(found: Sequence[_Packet]) -> bool:
    """Whether decoding times go back, as where recordings were joined byte by byte."""
    times = [packet.decoded for packet in found if packet.decoded is not None]
    return any(later < earlier for earlier, later in pairwise(times))


def _decoded_stamps(
    path: PathLike, deadline: Deadline, tolerant: bool, restarts: bool
) -> list[int]:
    """Decodes a file for the times of its frames; frames without a time follow the last frame.

    Invented times belong to other frames; sorted, they are right. Where times start again, the
    frame follows the last frame, and later frames keep their distance to it.
    """
    stamps: list[int] = []
    offset = 0
    with opened(path) as (container, stream):
        rate = stream.average_rate or _USUAL_RATE
        step = max(round(1 / (rate * stream.time_base)), 1)
        for frame in decoded(container, stream, deadline, tolerant):
            following = stamps[-1] + step if stamps else 0
            stamp = following if frame.pts is None else frame.pts + offset
            if restarts and stamps and stamp < stamps[-1]:
                offset += following - stamp
                stamp = following
            stamps.append(stamp)
    return sorted(stamps) if len(set(stamps)) == len(stamps) else stamps


class IndexCache:
    """A cache of indexes by file; the oldest are removed when there are too many frames."""

    def __init__(self, limit: int = _LIMIT):
        self._limit, self._frames = limit, 0
        self._indexes: dict[Hashable, FrameIndex] = {}
        self._lock = threading.Lock()

    def get(self, path: PathLike, tolerant: bool, make: Callable[[], FrameIndex]) -> FrameIndex:
        """Returns the index of a file, and makes it if it is missing or the file has changed."""
        status = os.stat(path)
        key = (os.fspath(path), status.st_mtime_ns, status.st_size, tolerant)
        cached = self._indexes.get(key)
        if cached is not None:
            return cached
        index = make()
        with self._lock:
            if key not in self._indexes:
                self._indexes[key] = index
                self._frames += len(index)
            while self._frames > self._limit:
                self._frames -= len(self._indexes.pop(next(iter(self._indexes))))
        return index


INDEXES = IndexCache()
