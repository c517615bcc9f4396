"""The frames of a clip by their indices: integer arithmetic, no files.

A clip is a number of frames that are `stride` apart. Its span is the number of frames of the video
from its first frame to its last. If the span does not fit into a video, the video is looped.
"""

from __future__ import annotations

from ...utils.checks import any_int, at_least, positive_int
from .arithmetic import NUMPY, Arithmetic, Integer


def clip_span(frames: int, stride: int = 1) -> int:
    """Counts the frames of the video from the first frame of a clip to its last.

    >>> clip_span(frames=8, stride=2)
    15
    """
    return (positive_int("num_frames", frames) - 1) * positive_int("frame_stride", stride) + 1


def last_start(length: Integer, span: int, xp: Arithmetic = NUMPY) -> Integer:
    """The last frame at which a clip of this span can start; 0 if the video is shorter."""
    return xp.maximum(length - span, 0)


def uniform_start(
    number: Integer, clips: int, length: Integer, span: int, xp: Arithmetic = NUMPY
) -> Integer:
    """The first frame of one of several clips that are spread evenly over a video.

    Args:
        number: Index of the clip.
        clips: Number of clips; a single one is in the center.
        length: Frames of the video.
        span: The `clip_span` of the clip.
        xp: The arithmetic of these integers.

    >>> [int(uniform_start(number, clips=4, length=100, span=10)) for number in range(4)]
    [0, 30, 60, 90]
    """
    last = last_start(length, span, xp)
    return last // 2 if clips == 1 else last * number // (clips - 1)


def uniform_starts(num_frames: int, span: int, clips: int) -> list[int]:
    """The first frames of `clips` clips that are spread evenly over a video.

    >>> uniform_starts(num_frames=100, span=10, clips=4)
    [0, 30, 60, 90]
    """
    video = (positive_int("num_frames", num_frames), positive_int("span", span))
    numbers = range(positive_int("clips", clips))
    return [int(uniform_start(number, clips, *video)) for number in numbers]


def clip_indices(start: int, frames: int, stride: int, num_frames: int) -> list[int]:
    """The frame indices of a clip; past its end, the video starts again, as in the official code.

    >>> clip_indices(start=2, frames=4, stride=2, num_frames=5)
    [2, 4, 1, 3]
    """
    at_least("start", any_int("start", start), 0)
    positive_int("num_frames", num_frames)
    clip_span(frames, stride)
    return [(start + frame * stride) % num_frames for frame in range(frames)]
