"""Which frames are shown at which moments: clips by the clock, in whole microseconds.

For videos whose frame rate differs from file to file, or changes within one, a clip of so many
frames so many seconds apart is the same length of life in each.
"""

from __future__ import annotations

import numpy as np


def duration(times: np.ndarray) -> int:
    """How long a video is: its last frame is shown as long as the one before it.

    Args:
        times: When each frame is shown, int64 microseconds from the first, not decreasing.

    Returns:
        Microseconds, at least one.

    >>> duration(np.array([0, 40_000, 80_000]))
    120000
    """
    last = int(times[-1])
    return max(last + (last - int(times[-2]) if len(times) > 1 else 1), 1)


def numbers_at(times: np.ndarray, start: int, frames: int, step: int) -> list[int]:
    """The frame shown at each moment of a clip; past its end the video starts again.

    Args:
        times: As in `duration`.
        start: The first moment, in microseconds.
        frames: How many moments.
        step: From one to the next, in microseconds.

    Example:

    >>> numbers_at(np.array([0, 40_000, 80_000]), start=40_000, frames=4, step=40_000)
    [1, 2, 0, 1]
    """
    moments = (start + step * np.arange(frames, dtype="int64")) % duration(times)
    return (np.searchsorted(times, moments, side="right") - 1).tolist()


def random_moment(times: np.ndarray, span: int, rng: np.random.Generator) -> int:
    """A first moment drawn evenly from all that let the clip end inside the video."""
    return int(rng.integers(_room(times, span) + 1))


def spread_moments(times: np.ndarray, span: int, clips: int) -> list[int]:
    """First moments spread evenly from the start of a video to its end; one is in the centre.

    Args:
        times: As in `duration`.
        span: From the first moment of a clip to its last, in microseconds.
        clips: How many.
    """
    room = _room(times, span)
    if clips == 1:
        return [room // 2]
    return [room * clip // (clips - 1) for clip in range(clips)]


def _room(times: np.ndarray, span: int) -> int:
    return max(duration(times) - 1 - span, 0)
