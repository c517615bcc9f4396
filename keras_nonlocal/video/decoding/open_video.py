"""An open video: its frame times, and its frames by index, with as little decoding as possible."""

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

DamagePolicy = Literal["raise", "previous_frame"]
DAMAGE_POLICIES = ("raise", "previous_frame")

# Codecs whose decoders can skip frames that no other frame refers to.
_SKIPPING = {"h264", "hevc", "mpeg4"}
# A seek is faster than decoding more than this many frames.
_WORTH_SEEKING = 8


class Video:
    """A video file that is open for reading, in a `with` statement.

    Args:
        path: The file.
        on_error: `"raise"` an error, or use the `"previous_frame"` for each frame that cannot be
            decoded (the next one, if there is no previous frame).
        time_limit: Seconds of processor time after which a `VideoError` is raised.

    Attributes:
        repaired: Number of frames that `read` replaced by another frame.

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
        """The frames of the video, and when each is shown."""
        with decoding(self.path):
            return INDEXES.get(self.path, self.tolerant, self._make_index)

    def read(self, indices: Sequence[int], resize: ResizeCrop | None = None) -> np.ndarray:
        """Reads frames by index, in any order and also repeatedly.

        Args:
            indices: Frame indices, from 0.
            resize: How frames are resized and cropped; by default not at all.

        Returns:
            uint8 `(len(indices), H, W, 3)`, RGB, upright.

        Raises:
            VideoError: A frame cannot be decoded.
        """
        clip = ClipBuffer(self.path, indices, FrameConverter(self.path, resize or ResizeCrop()))
        for decode in (self._decode_by_seeking, self._decode_from_start):
            with closing(decode(clip.missing)) as frames:
                clip.fill(frames)
            if not clip.missing:
                return clip.video
        if not self.tolerant:
            raise VideoError(self.path, f"frame {min(clip.missing)} cannot be decoded")
        self.repaired = len(clip.missing)
        return self._with_previous(indices, resize)

    def frames(self, first: int, end: int) -> Generator[IndexedFrame, None, None]:
        """Decodes the frames from index `first` on and before `end`, each with its index.

        Raises:
            VideoError: A part of the file is damaged.
        """
        following = first
        for decode in (self._decode_by_seeking, self._decode_from_start):
            if following >= end:
                return
            with closing(decode(range(following, end))) as frames:
                for index, frame in frames:
                    if following < index or index >= end:
                        break  # the following frame cannot be found in this way
                    if index == following:
                        yield index, frame
                        following += 1
        if following < end:
            raise VideoError(self.path, f"frame {following} cannot be decoded")

    def _make_index(self) -> FrameIndex:
        current = nullcontext((self.container, self.stream))
        with opened(self.path) if self._moved else current as (container, stream):
            self._moved = True
            return index_frames(self.path, container, stream, self._deadline, self.tolerant)

    def _decode_by_seeking(self, wanted: Collection[int]) -> Generator[IndexedFrame, None, None]:
        """Decodes from the last key frame before each run of frames; stops where that fails."""
        if self.index.keys is None:
            return
        self._moved = True
        for run in _runs(sorted(wanted), self.index):
            try:
                yield from self._decode_run(run)
            except DAMAGE:
                return

    def _decode_run(self, run: Sequence[int]) -> Generator[IndexedFrame, None, None]:
        index, context = self.index, self.stream.codec_context
        waiting = {index.stamps[each] for each in run}
        for packet in self._packets_from(*index.key_before(run[0])):
            if context.name in _SKIPPING:
                context.skip_frame = "DEFAULT" if packet.pts in waiting else "NONREF"
            with self._deadline:
                frames = packet.decode()
            yield from _with_indices(frames, index)
            waiting.discard(packet.pts)
            if not waiting and packet.size:  # all were sent; the decoder may still hold some
                yield from _with_indices(context.decode(None), index)
                return

    def _packets_from(self, shown: int, decoded_at: int) -> Iterator[av.Packet]:
        """Packets from a key frame on, or from an earlier one; none if no key frame is found.

        Some containers seek by the time at which frames are shown, others by the time at which
        they are decoded, and some to a position between key frames, where decoding gives garbage.
        """
        for time in (shown, decoded_at):
            self.container.seek(time, stream=self.stream)
            found = packets(self.container, self.stream, self._deadline)
            key = next((packet for packet in found if packet.is_keyframe), None)
            if key is not None and key.pts is not None and key.pts <= shown:
                return chain([key], found)
        return iter(())

    def _decode_from_start(self, wanted: Collection[int]) -> Generator[IndexedFrame, None, None]:
        """Decodes all frames up to the last one that is wanted."""
        last, seen, index = max(wanted), 0, self.index
        with (
            decoding(self.path, lambda: f" after {seen} frames"),
            opened(self.path) as (container, stream),
            closing(decoded(container, stream, self._deadline, self.tolerant)) as frames,
        ):
            for count, frame in enumerate(frames):
                seen = count + 1
                frame_index = index.index_of(frame.pts) if index.keys else count
                if frame_index is not None:
                    yield frame_index, frame
                if count >= last and (frame_index is None or frame_index >= last):
                    return

    def _with_previous(self, indices: Sequence[int], resize) -> np.ndarray:
        all_indices = range(len(self.index))
        decodable = sorted(index for index, _ in self._decode_from_start(all_indices))
        if not decodable:
            raise VideoError(self.path, "none of its frames can be decoded")
        nearest = [decodable[max(bisect_right(decodable, each) - 1, 0)] for each in indices]
        clip = ClipBuffer(self.path, nearest, FrameConverter(self.path, resize or ResizeCrop()))
        with closing(self._decode_from_start(all_indices)) as frames:
            clip.fill(frames)
        return clip.video


def _runs(indices: Sequence[int], index: FrameIndex) -> Iterator[list[int]]:
    """Splits sorted frame indices where a seek is faster than decoding the frames between."""
    run = [indices[0]]
    for each in indices[1:]:
        if index.first_decoded(each) > run[-1] + _WORTH_SEEKING:
            yield run
            run = []
        run.append(each)
    yield run


def _with_indices(frames, index: FrameIndex) -> Iterator[IndexedFrame]:
    indexed = ((index.index_of(frame.pts), frame) for frame in frames)
    return ((each, frame) for each, frame in indexed if each is not None)
