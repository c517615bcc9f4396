"""The clips of a long video, one after the other, from frames that come one by one.

Each window of the video is as long as one clip of the network. Only the last frames are in memory,
so a video may have any length, and a camera need not end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..utils.checks import at_least
from .clip_reader import spread_crops
from .clip_spec import ClipSpec
from .sampling.by_time import MICROSECONDS, ROUNDING, duration
from .sampling.rules import SAMPLING_RULES, exact_rate


@dataclass(frozen=True)
class Window:
    """A part of a video that is as long as one clip.

    Attributes:
        start, end: Seconds from the first frame of the video.
        views: The crops of the clip, uint8 `(crops, T, H, W, 3)`.
    """

    start: float
    end: float
    views: np.ndarray


def clip_windows(
    frames: Iterable[tuple[int, np.ndarray]],
    clip: ClipSpec,
    *,
    fps: float,
    every: float | None = None,
) -> Iterator[Window]:
    """Yields the windows of a video; the last one ends with the video.

    A video that is shorter than a clip is one window. Its clip goes on after the end of the video
    as `clip.sampling` or `clip.past_end` says.

    Args:
        frames: The time of each frame in microseconds, increasing, and its pixels, uint8
            `(H, W, 3)`, resized as `clip` says, and cropped unless `clip` has several crops.
        clip: How a video becomes the input of the network.
        fps: Frames per second of the video.
        every: Seconds from the start of a window to that of the next one. The default is half the
            length of a window.

    Raises:
        ValueError: `every` is not positive, or frames differ in size.

    Example:

    >>> frames = ((40_000 * n, np.zeros((8, 8, 3), "uint8")) for n in range(10))
    >>> [(w.start, w.end) for w in clip_windows(frames, ClipSpec(4), fps=25, every=0.12)]
    [(0.0, 0.16), (0.12, 0.28), (0.24, 0.4)]
    """
    length: _Frames | _Seconds = _Seconds(clip) if clip.step else _Frames(clip, fps)
    if every is not None:
        at_least("every", every, 1 / MICROSECONDS)
    step = max(round(every * MICROSECONDS) if every else length.microseconds // 2, 1)
    times: list[int] = []  # of the frames in memory
    pixels: list[np.ndarray] = []
    begin, last = 0, None  # when the next window begins at the earliest; the last frame of the last
    for time, frame in frames:
        if pixels and frame.shape != pixels[-1].shape:
            raise ValueError(
                "The frames of a video must have one size, or `clip` needs a `size`. Received: "
                f"{pixels[-1].shape}, then {frame.shape}"
            )
        times.append(time)
        pixels.append(frame)
        first = bisect_left(times, begin)
        while first < len(times) and (end := length.end(times, first)):
            yield _window(times[first:end], pixels[first:end], clip, fps)
            last = times[end - 1]
            begin += step * ((times[first] - begin) // step + 1)
            first = bisect_left(times, begin)
        unused = min(first, length.first(times))
        del times[:unused], pixels[:unused]
    if times and last != times[-1]:
        first = length.first(times)
        yield _window(times[first:], pixels[first:], clip, fps)


def _window(times: Sequence[int], pixels: Sequence[np.ndarray], clip: ClipSpec, fps: float):
    """The clip of some frames, as if they were the whole video."""
    shown = np.array(times, "int64") - times[0]
    (indices,) = replace(clip, num_clips=1).spread_indices(shown, fps)
    video = np.stack([pixels[index] for index in indices])
    crops = [video]
    if clip.num_crops > 1 and clip.size is not None:
        crops = spread_crops(video, clip.size, clip.num_crops)
    start, end = times[0], times[0] + int(duration(shown))
    return Window(start / MICROSECONDS, end / MICROSECONDS, np.stack(crops))


class _Frames:
    """The length of a window whose clip counts frames."""

    def __init__(self, clip: ClipSpec, fps: float):
        rule = SAMPLING_RULES[clip.sampling]
        self._count = rule.span(clip.num_frames, clip.frame_stride, exact_rate(fps))
        self.microseconds = round(self._count * MICROSECONDS / fps)

    def end(self, times: Sequence[int], first: int) -> int | None:
        """The frame after the window that begins with frame `first`; `None` before it is there."""
        return first + self._count if first + self._count <= len(times) else None

    def first(self, times: Sequence[int]) -> int:
        """The first frame of the window that ends with the last frame."""
        return max(len(times) - self._count, 0)


class _Seconds:
    """The length of a window whose clip goes by time."""

    def __init__(self, clip: ClipSpec):
        self.microseconds = (clip.num_frames - 1) * clip.step

    def end(self, times: Sequence[int], first: int) -> int | None:
        end = bisect_right(times, times[first] + self.microseconds + ROUNDING)
        return end if end < len(times) else None

    def first(self, times: Sequence[int]) -> int:
        return max(bisect_right(times, times[-1] - self.microseconds) - 1, 0)
