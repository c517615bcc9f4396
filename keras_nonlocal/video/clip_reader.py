"""One row of a manifest -> its clips: what `tf.data` calls for each video."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Literal

import numpy as np

from ..data.ledger import Ledger
from ..data.manifest import Entry, Manifest
from .clip_spec import ClipSpec
from .decoding.container import VideoError
from .decoding.frame_transform import Framing
from .decoding.open_video import OnDamage, Video
from .sampling.by_time import MICROSECONDS, window
from .views import views

OnError = Literal["raise", "skip", "previous_frame"]
# What is done about a frame that cannot be decoded, by what is done about a video.
DAMAGE: dict[OnError, OnDamage] = {
    "raise": "raise",
    "skip": "raise",
    "previous_frame": "previous_frame",
}


class ClipReader:
    """Reads the clips of a manifest's entries by their number.

    Args:
        manifest: The videos and what is in them.
        clip: How clips are cut.
        training: True for one random clip of each video, False for its test clips.
        on_error: What becomes of a video that cannot be read: `"raise"` stops, `"skip"` leaves it
            out, `"previous_frame"` repeats the frame before one that cannot be decoded.
        ledger: Where each failure is written down.
        by_clip: Whether a clip has only the labels that hold during it, where their times are
            known, or all labels of its video.

    Raises:
        ValueError: A clip may have several labels or none by their times, but classes exclude each
            other.
    """

    def __init__(
        self,
        manifest: Manifest,
        clip: ClipSpec,
        *,
        training: bool,
        on_error: OnError,
        ledger: Ledger,
        by_clip: bool,
    ):
        self._entries, self._clip, self._training = manifest.entries, clip, training
        self._on_error, self._ledger, self._by_clip = on_error, ledger, by_clip
        self._skipped, self._any_read = count(1), False
        if by_clip and not manifest.multi_label and any(entry.times for entry in manifest):
            raise ValueError(
                "`labels` can be 'clip' where a clip may have several labels or none: call the "
                "column `labels`. Received: labels='clip', and times of a column `label`"
            )
        self.labelled = manifest.labelled
        self.targets = manifest.targets() if self.labelled else np.zeros((len(manifest), 0))

    def __call__(self, index: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
        """Clips `(views, T, H, W, 3)` of an entry with their targets; no views if it is skipped.

        Args:
            index: Of the entry.
            draw: A number that alone decides the random choices.

        Raises:
            VideoError, OSError: The video cannot be read, and the policy is to stop.
            ValueError: All are skipped.
        """
        try:
            read = self._read(int(index), np.random.default_rng(int(draw)))
            self._any_read = True
            return read
        except (VideoError, OSError) as error:
            policy = "skip" if self._on_error == "skip" else "raise"
            cause = getattr(error, "cause", None) or getattr(error, "strerror", None) or str(error)
            self._ledger.record(self._entries[index].path, cause, policy)
            if policy == "raise":
                raise
            if not self._any_read and next(self._skipped) == len(self._entries):
                raise ValueError(
                    f"None of the {len(self._entries)} videos can be read, so all were skipped. "
                    f"The last one: {error}"
                ) from error
        height, width = self._clip.size or (0, 0)
        empty = np.zeros((0, self._clip.frames, height, width, 3), "uint8")
        return empty, self.targets[:0]

    def _read(self, index: int, rng) -> tuple[np.ndarray, np.ndarray]:
        entry = self._entries[index]
        with Video(entry.path, on_damage=DAMAGE[self._on_error]) as video:
            numbers, times = self._numbers(entry, video, rng)
            videos = self._views(video, numbers, rng)
            if video.repaired:
                cause = f"{video.repaired} of the frames wanted cannot be decoded"
                self._ledger.record(entry.path, cause, "previous_frame")
        targets = [self._target(index, entry, times, clip) for clip in numbers]
        return videos, np.repeat(targets, len(videos) // len(targets), axis=0)

    def _numbers(self, entry: Entry, video: Video, rng) -> tuple[list[list[int]], np.ndarray]:
        """Frame numbers of each clip, and the times of all frames."""
        times, fps = video.index.times, video.index.fps
        first, behind = window(times, entry.start, entry.end)
        if first >= behind:
            raise VideoError(entry.path, f"it has no frame {_part(entry)}")
        inside = times[first:behind] - times[first]
        if self._training:
            numbers = [self._clip.random_indices(inside, rng, fps)]
        else:
            numbers = self._clip.spread_indices(inside, fps)
        return [[first + number for number in clip] for clip in numbers], times

    def _views(self, video: Video, numbers: list[list[int]], rng) -> np.ndarray:
        if self._training:
            return video.read(numbers[0], self._random_framing(rng))[None]
        return views(video, numbers, self._clip)

    def _random_framing(self, rng) -> Framing:
        sides = self._clip.short_sides
        short_side = sides and int(rng.integers(sides[0], sides[1] + 1))
        return Framing(short_side, self._clip.size, place=tuple(rng.random(2)))

    def _target(self, index: int, entry: Entry, times: np.ndarray, numbers: Sequence[int]):
        target = self.targets[index]
        if not (self._by_clip and entry.times):
            return target
        target = np.zeros_like(target)
        for run in _runs(numbers):
            start, end = times[run[0]] / MICROSECONDS, times[run[-1]] / MICROSECONDS
            for label, (begins, ends) in zip(entry.labels, entry.times, strict=True):
                target[label] = max(target[label], begins <= end and ends >= start)
        return target


def _runs(numbers: Sequence[int]) -> list[np.ndarray]:
    """The parts of a clip in which time goes on; where a video is too short, it starts again.

    >>> [run.tolist() for run in _runs([4, 6, 0, 2])]
    [[4, 6], [0, 2]]
    """
    return np.split(np.asarray(numbers), np.flatnonzero(np.diff(numbers) < 0) + 1)


def _part(entry: Entry) -> str:
    start, end = entry.start or 0.0, np.inf if entry.end is None else entry.end
    return f"from {start:g} to {end:g} seconds"
