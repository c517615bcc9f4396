"""Which frames make a clip, by their numbers: integer arithmetic, no files.

A clip is `frames` frames, `stride` apart. Its span, the frames from its first to its last one,
is what has to fit into a video; where it does not fit, the video is played in a loop.
"""

from __future__ import annotations

from ...utils.checks import positive_int
from .arithmetic import NUMPY, Arithmetic, Integer


def clip_span(frames: int, stride: int = 1) -> int:
    """How many frames of the video lie between the ends of a clip, both included.

    >>> clip_span(frames=8, stride=2)
    15
    """
    return (positive_int("num_frames", frames) - 1) * positive_int("frame_stride", stride) + 1


def last_start(length: Integer, span: int, xp: Arithmetic = NUMPY) -> Integer:
    """The last frame at which a clip of this span can begin; 0 where the video is shorter."""
    return xp.maximum(length - span, 0)


def uniform_start(
    number: Integer, clips: int, length: Integer, span: int, xp: Arithmetic = NUMPY
) -> Integer:
    """Where one of several clips begins that are spread evenly over a video.

    Args:
        number: Of the clip, from 0.
        clips: How many there are; a single one is in the center.
        length: Frames of the video.
        span: What `clip_span` says of the clip.
        xp: The arithmetic of these numbers.

    >>> [int(uniform_start(number, clips=4, length=100, span=10)) for number in range(4)]
    [0, 30, 60, 90]
    """
    last = last_start(length, span, xp)
    return last // 2 if clips == 1 else last * number // (clips - 1)


def uniform_starts(num_frames: int, span: int, clips: int) -> list[int]:
    """First frames of `clips` clips spread evenly from the start of a video to its end.

    >>> uniform_starts(num_frames=100, span=10, clips=4)
    [0, 30, 60, 90]
    """
    where = (positive_int("num_frames", num_frames), positive_int("span", span))
    numbers = range(positive_int("clips", clips))
    return [int(uniform_start(number, clips, *where)) for number in numbers]


def clip_indices(start: int, frames: int, stride: int, num_frames: int) -> list[int]:
    """The frame numbers of a clip; past its end the video starts again, as in the official code.

    >>> clip_indices(start=2, frames=4, stride=2, num_frames=5)
    [2, 4, 1, 3]
    """
    check_start(start)
    positive_int("num_frames", num_frames)
    clip_span(frames, stride)
    return [(start + frame * stride) % num_frames for frame in range(frames)]


def check_start(start: int) -> int:
    """Return `start` if it is a frame number."""
    if isinstance(start, bool) or not isinstance(start, int) or start < 0:
        raise ValueError(f"`start` must be an integer of at least 0. Received: start={start!r}")
    return start
