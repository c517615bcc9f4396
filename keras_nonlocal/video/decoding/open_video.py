"""One open video: its frame times, and its frames by number, decoding no more than it must."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext
from itertools import chain
from typing import Literal

import av
import numpy as np

from ...utils.checks import PathLike, one_of
from .container import (
    DAMAGE,
    TIME_LIMIT,
    Deadline,
    VideoError,
    decoded,
    decoding,
    opened,
    packets,
)
from .frame_index import INDEXES, FrameIndex, index_frames
from .frame_transform import ClipBuffer, FrameConverter, IndexedFrame, ResizeCrop
from .orientation import UPRIGHT, orientation_of, with_orientation

DamagePolicy = Literal["raise", "previous_frame"]
DAMAGE_POLICIES = ("raise", "previous_frame")

# Codecs whose decoder leaves out, when told to, pictures that no other picture refers to.
_SKIPPING = {"h264", "hevc", "mpeg4"}
# Frames between two wanted ones that take longer to decode than a seek.
_WORTH_SEEKING = 8


class Video:
    """A video file, open for reading; use it in a `with` statement.

    Args:
        path: The file.
        on_error: `"raise"` refuses what cannot be decoded; `"previous_frame"` shows the frame
            before it instead (the one after it, where there is none before).
        time_limit: Seconds of the processor after which reading gives up.

    Attributes:
        repaired: How many frames the last reading had to replace by another one.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: It is not a video.

    Example:

    >>> with Video("jumping.mp4") as video:
    ...     len(video.index), video.read([0, 74]).shape
    (75, (2, 144, 180, 3))
    """

    def __init__(
        self,
        path: PathLike,
        *,
        on_error: DamagePolicy = "raise",
        time_limit: float = TIME_LIMIT,
    ):
        self.path = path
        self.tolerant = one_of("on_error", on_error, DAMAGE_POLICIES) == "previous_frame"
        self._deadline = Deadline(path, time_limit)
        self._open = ExitStack()
        self._moved = False
        self.repaired = 0

    def __enter__(self) -> Video:
        self.container, self.stream = self._open.enter_context(opened(self.path))
        return self

    def __exit__(self, *error) -> None:
        self._open.__exit__(*error)

    @property
    def index(self) -> FrameIndex:
        """Which frames there are, and when each is shown."""
        with decoding(self.path):
            return INDEXES.get(self.path, self.tolerant, self._indexed)

    def read(self, indices: Sequence[int], framing: ResizeCrop | None = None) -> np.ndarray:
        """Frames by number, in any order and as often as asked.

        Returns:
            uint8 `(len(indices), H, W, 3)`, RGB, upright.

        Raises:
            VideoError: A frame cannot be decoded.
        """
        clip = ClipBuffer(self.path, indices, FrameConverter(self.path, framing or ResizeCrop()))
        for walk in (self._sought, self._from_the_start):
            with closing(walk(clip.missing)) as frames:
                clip.take(frames)
            if not clip.missing:
                return clip.video
        if not self.tolerant:
            raise VideoError(self.path, f"frame {min(clip.missing)} cannot be decoded")
        self.repaired = len(clip.missing)
        return self._with_previous(indices, framing)

    def frames(self, first: int, behind: int) -> Generator[IndexedFrame, None, None]:
        """Decoded frames from number `first` on and before `behind`, each with its number.

        Raises:
            VideoError: A part of the file is damaged.
        """
        following = first
        for walk in (self._sought, self._from_the_start):
            if following >= behind:
                return
            with closing(walk(range(following, behind))) as frames:
                for number, frame, orientation in frames:
                    if following < number or number >= behind:
                        break  # the one that follows is lost on this way
                    if number == following:
                        yield number, frame, orientation
                        following += 1
        if following < behind:
            raise VideoError(self.path, f"frame {following} cannot be decoded")

    def _indexed(self) -> FrameIndex:
        here = nullcontext((self.container, self.stream))
        with opened(self.path) if self._moved else here as (container, stream):
            self._moved = True
            return index_frames(self.path, container, stream, self._deadline, self.tolerant)

    def _sought(self, wanted: Collection[int]) -> Generator[IndexedFrame, None, None]:
        """From the nearest place before each run of wanted frames; nothing where that fails."""
        if self.index.keys is None:
            return
        self._moved = True
        for run in _runs(sorted(wanted), self.index):
            try:
                yield from self._run(run)
            except DAMAGE:
                return

    def _run(self, run: Sequence[int]) -> Generator[IndexedFrame, None, None]:
        index, context = self.index, self.stream.codec_context
        waiting = {index.stamps[number] for number in run}
        for packet in self._packets_from(*index.key_before(run[0])):
            if context.name in _SKIPPING:
                context.skip_frame = "DEFAULT" if packet.pts in waiting else "NONREF"
            with self._deadline:
                frames = packet.decode()
            yield from _with_indices(frames, index)
            waiting.discard(packet.pts)
            if not waiting and packet.size:  # all were sent: take what the decoder still holds
                yield from _with_indices(context.decode(None), index)
                return

    def _packets_from(self, shown: int, decoded_at: int) -> Iterator[av.Packet]:
        """Packets from the key frame of these times on, or from one before; none if not found.

        Some containers seek by the times at which frames are shown, others by those at which they
        are decoded, and some to a place between key frames, where decoding gives garbage.
        """
        for place in (shown, decoded_at):
            self.container.seek(place, stream=self.stream)
            found = packets(self.container, self.stream, self._deadline)
            key = next((packet for packet in found if packet.is_keyframe), None)
            if key is not None and key.pts is not None and key.pts <= shown:
                return chain([key], found)
        return iter(())

    def _from_the_start(self, wanted: Collection[int]) -> Generator[IndexedFrame, None, None]:
        """All frames up to the last one that is wanted."""
        last, seen, index = max(wanted), 0, self.index
        with (
            decoding(self.path, lambda: f" after {seen} frames"),
            opened(self.path) as (container, stream),
            closing(decoded(container, stream, self._deadline, self.tolerant)) as frames,
        ):
            for count, (frame, orientation) in enumerate(with_orientation(frames)):
                seen = count + 1
                number = index.number_of(frame.pts) if index.keys else count
                if number is not None:
                    yield number, frame, orientation
                if count >= last and (number is None or number >= last):
                    return

    def _with_previous(self, indices: Sequence[int], framing) -> np.ndarray:
        everything = range(len(self.index))
        there = sorted(number for number, *_ in self._from_the_start(everything))
        if not there:
            raise VideoError(self.path, "no frame of it can be decoded")
        nearest = [there[max(bisect_right(there, number) - 1, 0)] for number in indices]
        clip = ClipBuffer(self.path, nearest, FrameConverter(self.path, framing or ResizeCrop()))
        with closing(self._from_the_start(everything)) as frames:
            clip.take(frames)
        return clip.video


def _runs(indices: Sequence[int], index: FrameIndex) -> Iterator[list[int]]:
    """Frame numbers cut where it pays to seek over what lies between."""
    run = [indices[0]]
    for number in indices[1:]:
        if index.first_decoded(number) > run[-1] + _WORTH_SEEKING:
            yield run
            run = []
        run.append(number)
    yield run


def _with_indices(frames, index: FrameIndex) -> Iterator[IndexedFrame]:
    numbered = ((index.number_of(frame.pts), frame) for frame in frames)
    return (
        (number, frame, orientation_of(frame) or UPRIGHT)
        for number, frame in numbered
        if number is not None
    )
