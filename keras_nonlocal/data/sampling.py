"""Which frames make a clip: integer arithmetic, no files and no tensors.

A clip is `frames` frames, `stride` apart. Its span, the frames from its first to its last one,
is what has to fit into a video; where it does not fit, the video is played in a loop.
"""

from __future__ import annotations

import numpy as np

from ..validation import positive_int

# Steps of the draw of a speed.
SPEEDS = 1 << 16


def clip_span(frames: int, stride: int = 1) -> int:
    """How many frames of the video lie between the ends of a clip, both included.

    >>> clip_span(frames=8, stride=2)
    15
    """
    return (positive_int("frames", frames) - 1) * positive_int("stride", stride) + 1


def random_start(num_frames: int, span: int, rng: np.random.Generator) -> int:
    """A first frame drawn evenly from all that let the clip end inside the video.

    Args:
        num_frames: Frames of the video.
        span: What `clip_span` says of the clip.
        rng: Where the draw comes from, such as `np.random.default_rng(0)`.

    Returns:
        A frame number; 0 where the video is shorter than the clip.
    """
    return int(rng.integers(_last_start(num_frames, span) + 1))


def centre_start(num_frames: int, span: int) -> int:
    """The first frame of the clip in the middle of a video; 0 where the video is shorter.

    >>> centre_start(num_frames=100, span=15)
    42
    """
    return _last_start(num_frames, span) // 2


def uniform_starts(num_frames: int, span: int, clips: int) -> list[int]:
    """First frames of `clips` clips spread evenly from the start of a video to its end.

    A single clip is the one in the centre.

    >>> uniform_starts(num_frames=100, span=10, clips=4)
    [0, 30, 60, 90]
    """
    if positive_int("clips", clips) == 1:
        return [centre_start(num_frames, span)]
    last = _last_start(num_frames, span)
    return [last * clip // (clips - 1) for clip in range(clips)]


def clip_indices(start: int, frames: int, stride: int, num_frames: int) -> list[int]:
    """The frame numbers of a clip; past its end the video starts again, as in the official code.

    >>> clip_indices(start=2, frames=4, stride=2, num_frames=5)
    [2, 4, 1, 3]
    """
    check_start(start)
    positive_int("num_frames", num_frames)
    clip_span(frames, stride)
    return [(start + frame * stride) % num_frames for frame in range(frames)]


def played_frames(num_frames: int, speed: float) -> int:
    """How many frames of its own rate a video lasts that plays `speed` times as fast.

    >>> played_frames(num_frames=100, speed=1.25)
    80
    """
    return max(round(num_frames / speed), 1)


def drawn_speed(most: float, rng: np.random.Generator) -> float:
    """How much faster a video plays: from `1 / most` to `most`, by an even draw of its power."""
    if most == 1:
        return 1.0
    return most ** (2 * int(rng.integers(SPEEDS + 1)) / SPEEDS - 1)


def check_start(start: int) -> int:
    """Return `start` if it is a frame number."""
    if isinstance(start, bool) or not isinstance(start, int) or start < 0:
        raise ValueError(f"`start` must be an integer of at least 0. Received: start={start!r}")
    return start


def _last_start(num_frames: int, span: int) -> int:
    return max(positive_int("num_frames", num_frames) - positive_int("span", span), 0)
