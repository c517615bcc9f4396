"""Which frames a file has, when each is shown, and where decoding can start: without decoding.

Frames are numbered in the order they are shown. The packets of a file tell their times, and going
through them takes a thousandth of decoding them. Where they cannot be trusted, as there are no
times, or several packets make a frame, the file is decoded once to learn the same.
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

# Frames whose indexes are remembered, at 8 bytes each, twice that while times are in use.
_LIMIT = 4_000_000
# Codecs that show exactly one picture for each packet.
_ONE_A_PACKET = {"av1", "gif", "h264", "hevc", "mjpeg", "mpeg4", "vp9"}
# Containers that store the order of decoding, but no times; FFmpeg makes some up.
_WITHOUT_TIMES = {"avi"}
# Containers where packets have other times after a seek.
_UNSEEKABLE = {"asf"}
# Bytes of the largest packet of MPEG-4 that may say "no picture here", as FFmpeg takes it.
_EMPTY_MPEG4 = 19
_USUAL_RATE = 25


class Keys(NamedTuple):
    """Times of the frames that decoding can start at, increasing; an edit list may cut them off.

    Attributes:
        shown: When they are shown.
        decoded: When they are decoded, by which some containers seek.
    """

    shown: array[int]
    decoded: array[int]


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a file.

    Attributes:
        stamps: Presentation times of the frames by number, in units of `unit` seconds.
        unit: In seconds.
        keys: Where decoding can start, in the same units. None where frames can only be numbered
            by counting from the start.
        rate: Frames a second that the file claims.
    """

    stamps: array[int]
    unit: Fraction
    keys: Keys | None
    rate: Fraction

    def __len__(self) -> int:
        return len(self.stamps)

    def number_of(self, stamp: int | None) -> int | None:
        """The number of the frame of that presentation time; `None` if there is none."""
        place = -1 if stamp is None else bisect_left(self.stamps, stamp)
        return place if 0 <= place < len(self) and self.stamps[place] == stamp else None

    @cached_property
    def times(self) -> np.ndarray:
        """When each frame is shown: int64 microseconds from the first one, never decreasing."""
        stamps = np.maximum.accumulate(np.array(self.stamps, "int64"))
        scale = self.unit * MICROSECONDS
        return (stamps - stamps[0]) * scale.numerator // scale.denominator

    @property
    def fps(self) -> float:
        """Frames a second on average; what the file claims where it has one frame only."""
        seconds = float(self.times[-1]) / MICROSECONDS
        return (len(self) - 1) / seconds if seconds > 0 else float(self.rate)

    def key_before(self, number: int) -> tuple[int, int]:
        """When the last frame up to `number` that decoding can start at is shown, and decoded."""
        if self.keys is None:
            raise ValueError("Decoding can only start at the first frame: `keys` is None.")
        key = bisect_right(self.keys.shown, self.stamps[number]) - 1
        return self.keys.shown[key], self.keys.decoded[key]

    def first_decoded(self, number: int) -> int:
        """The number of the first frame that is decoded on the way to frame `number`."""
        return bisect_left(self.stamps, self.key_before(number)[0])


def index_frames(path: PathLike, container, stream, deadline: Deadline, tolerant) -> FrameIndex:
    """Makes the index of a file that was just opened, and leaves it at its end.

    Args:
        path: The file.
        container, stream, deadline: Of it.
        tolerant: Whether to go on behind what cannot be read.

    Raises:
        VideoError: The file has no frames, or took too long.
        av.FFmpegError: A part of it cannot be read, and the reader is not tolerant.
    """
    seen, codec, turns = [], stream.codec_context.name, False
    for packet in packets(container, stream, deadline, tolerant=tolerant):
        if packet.size:
            key = packet.is_keyframe
            seen.append(_Packet(packet.pts, packet.dts, packet.size, key, packet.is_discard))
            turns = turns or (key and has_orientation_message(packet, codec))
    rate = Fraction(stream.average_rate or stream.guessed_rate or _USUAL_RATE)
    keys = _keys(seen)
    restarts = _restarts(seen)
    can_seek = keys.shown and not turns and not restarts  # else frames depend on all before them
    if can_seek and _trusted(seen, container.format.name, stream.codec_context):
        stamps = sorted(stamp for stamp in _stamps(seen) if stamp >= keys.shown[0])
        return FrameIndex(array("q", stamps), stream.time_base, keys, rate)
    stamps = _decoded_stamps(path, deadline, tolerant, restarts)
    if not stamps:
        raise VideoError(path, "no frame of it can be decoded")
    return FrameIndex(array("q", stamps), stream.time_base, None, rate)


class _Packet(NamedTuple):
    shown: int | None
    decoded: int | None
    size: int
    is_key: bool
    cut_off: bool


def _keys(seen: Sequence[_Packet]) -> Keys:
    pairs = sorted(
        (packet.shown, packet.shown if packet.decoded is None else packet.decoded)
        for packet in seen
        if packet.is_key and packet.shown is not None
    )
    return Keys(array("q", [shown for shown, _ in pairs]), array("q", [at for _, at in pairs]))


def _stamps(seen: Sequence[_Packet]) -> list[int]:
    """Times of the frames that are shown and have one, in the order they are decoded."""
    return [packet.shown for packet in seen if packet.shown is not None and not packet.cut_off]


def _trusted(seen: Sequence[_Packet], container: str, codec) -> bool:
    """Whether the times of packets are those of pictures, one of each."""
    stamps = _stamps(seen)
    if container in _UNSEEKABLE or codec.name not in _ONE_A_PACKET:
        return False
    if len(set(stamps)) < sum(not packet.cut_off for packet in seen):  # one has none, or another's
        return False
    if codec.name == "mpeg4" and min(packet.size for packet in seen) <= _EMPTY_MPEG4:
        return False
    if stamps == sorted(stamps):  # so made up, where pictures are not decoded as they are shown
        return not codec.has_b_frames
    return container not in _WITHOUT_TIMES


def _restarts(seen: Sequence[_Packet]) -> bool:
    """Whether the times of decoding go back, as where recordings were joined byte by byte."""
    times = [packet.decoded for packet in seen if packet.decoded is not None]
    return any(later < earlier for earlier, later in pairwise(times))


def _decoded_stamps(
    path: PathLike, deadline: Deadline, tolerant: bool, restarts: bool
) -> list[int]:
    """Times of all frames in the order they come out; frames without one follow the last.

    Times that were made up come with the wrong frames; sorted, they are right. Where times start
    again, a frame follows the last one, and those after it keep their distance.
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
    """Indexes by file, until together they hold too many frames; then the oldest go."""

    def __init__(self, limit: int = _LIMIT):
        self._limit, self._frames = limit, 0
        self._indexes: dict[Hashable, FrameIndex] = {}
        self._lock = threading.Lock()

    def get(self, path: PathLike, tolerant: bool, make: Callable[[], FrameIndex]) -> FrameIndex:
        """The index of a file as it is now, made if it is not known."""
        status = os.stat(path)
        key = (os.fspath(path), status.st_mtime_ns, status.st_size, tolerant)
        known = self._indexes.get(key)
        if known is not None:
            return known
        index = make()
        with self._lock:
            self._keep(key, index)
        return index

    def _keep(self, key: Hashable, index: FrameIndex) -> None:
        if key not in self._indexes:
            self._indexes[key] = index
            self._frames += len(index)
        while self._frames > self._limit:
            self._frames -= len(self._indexes.pop(next(iter(self._indexes))))


INDEXES = IndexCache()
