"""Reads the clips of a video file, or of those of a manifest, in NumPy and without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import count
from typing import Literal

import numpy as np

from ..data.error_log import ErrorLog
from ..data.manifest import Entry, Manifest
from ..utils.checks import PathLike
from .clip_spec import ClipSpec
from .decoding.array_video import ArrayVideo
from .decoding.container import TIME_LIMIT, VideoError
from .decoding.frame_transform import ResizeCrop
from .decoding.open_video import DamagePolicy, Video
from .sampling.by_time import MICROSECONDS, odd_times, window

OnError = Literal["raise", "skip", "previous_frame"]
# From the policy for a video to the policy for a frame that cannot be decoded.
DAMAGE: dict[OnError, DamagePolicy] = {
    "raise": "raise",
    "skip": "raise",
    "previous_frame": "previous_frame",
}
_BY_INDEX = "Cut clips by `frame_stride`, or remove it from the dataset."


class ClipReader:
    """Reads the clips of the videos of a manifest by index.

    Args:
        manifest: The dataset.
        clip: How clips are cut.
        training: True for one random clip of each video, False for its evaluation clips.
        on_error: What to do about a video that cannot be read: `"raise"` an error, `"skip"` it, or
            use the `"previous_frame"` for each frame that cannot be decoded.
        error_log: The log of failures.
        by_clip: Whether a clip has only the labels that hold during it, if their times are known,
            or all labels of its video.

    Raises:
        ValueError: `by_clip` is set for labels with times, but classes exclude each other.
    """

    def __init__(
        self,
        manifest: Manifest,
        clip: ClipSpec,
        *,
        training: bool,
        on_error: OnError,
        error_log: ErrorLog,
        by_clip: bool,
    ):
        self.manifest, self.clip, self.training = manifest, clip, training
        self.on_error, self._error_log, self._by_clip = on_error, error_log, by_clip
        self._num_skipped, self._any_read = count(1), False
        if by_clip and not manifest.multi_label and any(entry.times for entry in manifest):
            raise ValueError(
                "`labels='clip'` needs a multi-label dataset, as several labels or none may hold "
                "during a clip: call the column `labels`. Received: a column `label` with times"
            )
        self.labeled = manifest.labeled
        self.targets = manifest.targets() if self.labeled else np.zeros((len(manifest), 0))

    def __call__(self, index: int, draw: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads the clips of a video.

        Args:
            index: Index of the entry.
            draw: The seed of all random choices.

        Returns:
            Clips `(views, T, H, W, 3)` and their targets; no views if the video is skipped.

        Raises:
            VideoError, OSError: The video cannot be read, and `on_error` is not `"skip"`.
            ValueError: All videos were skipped.
        """
        try:
            views_and_targets = self._read(int(index), np.random.default_rng(int(draw)))
            self._any_read = True
            return views_and_targets
        except (VideoError, OSError) as error:
            policy = "skip" if self.on_error == "skip" else "raise"
            cause = getattr(error, "cause", None) or getattr(error, "strerror", None) or str(error)
            self._error_log.record(self.manifest.entries[index].path, cause, policy)
            if policy == "raise":
                raise
            if not self._any_read and next(self._num_skipped) == len(self.manifest):
                raise ValueError(
                    f"None of the {len(self.manifest)} videos can be read, so all were skipped. "
                    f"The last error: {error}"
                ) from error
        height, width = self.clip.size or (0, 0)
        empty = np.zeros((0, self.clip.num_frames, height, width, 3), "uint8")
        return empty, self.targets[:0]

    def frame_indices(self, index: int, draw: int) -> list[list[int]]:
        """The frames of each clip that `reader(index, draw)` reads, by their indices in the file.

        Args:
            index, draw: As in a call.

        Raises:
            VideoError, OSError: The video cannot be read.
        """
        entry, rng = self.manifest.entries[index], np.random.default_rng(draw)
        with Video(entry.path, on_error=DAMAGE[self.on_error]) as video:
            return self._indices(entry, video, rng)[0]

    def _read(self, index: int, rng) -> tuple[np.ndarray, np.ndarray]:
        entry = self.manifest.entries[index]
        with Video(entry.path, on_error=DAMAGE[self.on_error]) as video:
            indices, times = self._indices(entry, video, rng)
            videos = self._views(video, indices, rng)
            if video.repaired:
                cause = f"{video.repaired} of the frames of the clips cannot be decoded"
                self._error_log.record(entry.path, cause, "previous_frame")
        targets = [self._target(index, entry, times, clip) for clip in indices]
        return videos, np.repeat(targets, len(videos) // len(targets), axis=0)

    def _indices(self, entry: Entry, video: Video, rng) -> tuple[list[list[int]], np.ndarray]:
        """The frame indices of each clip, and the times of all frames."""
        times, fps = frame_times(video, self.clip), video.index.fps
        first, end = window(times, entry.start, entry.end)
        if first >= end:
            seconds = entry.start or 0.0, np.inf if entry.end is None else entry.end
            raise VideoError(
                entry.path, "it has no frame from {:g} to {:g} seconds".format(*seconds)
            )
        inside = times[first:end] - times[first]
        if self.training:
            indices = [self.clip.random_indices(inside, rng, fps)]
        else:
            indices = self.clip.spread_indices(inside, fps)
        return [[first + index for index in clip] for clip in indices], times

    def _views(self, video: Video, indices: list[list[int]], rng) -> np.ndarray:
        if self.training:
            return video.read(indices[0], self._random_crop(rng))[None]
        return views(video, indices, self.clip)

    def _random_crop(self, rng) -> ResizeCrop:
        sides = self.clip.short_sides
        short_side = sides and int(rng.integers(sides[0], sides[1] + 1))
        return ResizeCrop(short_side, self.clip.size, place=tuple(rng.random(2)))

    def _target(self, index: int, entry: Entry, times: np.ndarray, indices: Sequence[int]):
        target = self.targets[index]
        if not (self._by_clip and entry.times):
            return target
        target = np.zeros_like(target)
        for run in _runs(indices):
            start, end = times[run[0]] / MICROSECONDS, times[run[-1]] / MICROSECONDS
            for label, (begins, ends) in zip(entry.labels, entry.times, strict=True):
                target[label] = max(target[label], begins <= end and ends >= start)
        return target


def _runs(indices: Sequence[int]) -> list[np.ndarray]:
    """Splits a clip where a video that is too short starts again.

    >>> [run.tolist() for run in _runs([4, 6, 0, 2])]
    [[4, 6], [0, 2]]
    """
    return np.split(np.asarray(indices), np.flatnonzero(np.diff(indices) < 0) + 1)


def read_clips(
    path: PathLike | np.ndarray,
    clip: ClipSpec,
    *,
    on_error: DamagePolicy = "raise",
    time_limit: float = TIME_LIMIT,
) -> np.ndarray:
    """Reads all evaluation clips of a video.

    Args:
        path: A video file, or its frames: uint8 `(T, H, W, 3)`, RGB, which count as 30 in a second.
        clip: How clips are cut: `clip.num_clips` clips by the rule `clip.sampling`, and
            `clip.num_crops` crops of each.
        on_error: As in `read_clip`.
        time_limit: Seconds of processor time after which a `VideoError` is raised.

    Returns:
        uint8 `(clips * crops, frames, H, W, 3)`, RGB; the crops of a clip follow each other.

    Raises:
        FileNotFoundError: There is no such file.
        VideoError: The file is not a video, or a part that the clips need is damaged.
        ValueError: It is neither a path nor such an array.

    Example:

    >>> clip = ClipSpec(8, 4, size=(112, 112), sampling="official", num_clips=10, num_crops=3)
    >>> read_clips("jumping.mp4", clip).shape
    (30, 8, 112, 112, 3)
    """
    with (
        nullcontext(ArrayVideo(path))
        if isinstance(path, np.ndarray)
        else Video(path, on_error=on_error, time_limit=time_limit)
    ) as video:
        return views(video, clip.spread_indices(frame_times(video, clip), video.index.fps), clip)


def frame_times(video: Video | ArrayVideo, clip: ClipSpec) -> np.ndarray:
    """The times of all frames, which must be possible ones if the clip is cut by them."""
    times = video.index.times
    if clip.step and (cause := odd_times(times)):
        raise VideoError(
            getattr(video, "path", "frames"), f"{cause}, and the clip is cut by time", _BY_INDEX
        )
    return times


def views(
    video: Video | ArrayVideo, indices: Sequence[Sequence[int]], clip: ClipSpec
) -> np.ndarray:
    """Reads and crops clips of an open video by frame indices, and decodes each frame once."""
    all_indices = sorted({index for clip_indices in indices for index in clip_indices})
    resize = ResizeCrop(
        clip.short_sides and clip.short_sides[0], clip.size, whole=clip.num_crops > 1
    )
    frames = video.read(all_indices, resize)
    clips = [frames[np.searchsorted(all_indices, clip_indices)] for clip_indices in indices]
    if clip.num_crops > 1 and clip.size is not None:
        clips = [crop for whole in clips for crop in spread_crops(whole, clip.size, clip.num_crops)]
    return np.stack(clips)


def spread_crops(video: np.ndarray, size: tuple[int, int], crops: int) -> list[np.ndarray]:
    """Crops all frames, evenly from one end of their longer side to the other.

    Args:
        video: `(T, H, W, 3)`, frames that just cover `size`.
        size: `(H, W)` of each crop.
        crops: Number of crops, at least 2.

    Returns:
        Views of the video, each `(T, *size, 3)`, from left to right or from top to bottom.

    >>> video = np.arange(4).reshape(1, 1, 4, 1)
    >>> [crop.ravel().tolist() for crop in spread_crops(video, (1, 2), 3)]
    [[0, 1], [1, 2], [2, 3]]
    """
    height, width = size
    down, right = video.shape[1] - height, video.shape[2] - width
    starts = [(down * i // (crops - 1), right * i // (crops - 1)) for i in range(crops)]
    return [video[:, top : top + height, left : left + width] for top, left in starts]
