"""Which frames are shown at which moments: clips by the clock, in whole microseconds.

For videos whose frame rate differs from file to file, or changes within one, a clip of so many
frames so many seconds apart is the same length of life in each. `times` says when each frame is
shown: int64 microseconds from the first, not decreasing.
"""

from __future__ import annotations

import numpy as np

from .arithmetic import NUMPY, Arithmetic, Draw, Integer, Integers

MICROSECONDS = 1_000_000  # of a second
# Files round the time of a frame, Matroska to a millisecond, so it may begin that much late.
ROUNDING = 1_000


def duration(times: Integers, xp: Arithmetic = NUMPY) -> Integer:
    """How long a video is: its last frame is shown as long as the one before it.

    Returns:
        Microseconds, at least one.

    >>> int(duration(np.array([0, 40_000, 80_000])))
    120000
    """
    return times[-1] + _last_shown(times, xp)


def window(times: np.ndarray, start: float | None, end: float | None) -> tuple[int, int]:
    """The number of the first frame shown from `start` on, and of the first one not before `end`.

    Args:
        times: When each frame is shown.
        start, end: In seconds; `None` for those of the video.

    >>> window(np.array([0, 40_000, 80_000]), 0.04, None)
    (1, 3)
    """
    first = 0 if start is None else np.searchsorted(times, round(start * MICROSECONDS))
    behind = len(times) if end is None else np.searchsorted(times, round(end * MICROSECONDS))
    return int(first), int(behind)


def indices_at(
    times: Integers, start: Integer, frames: int, step: int, xp: Arithmetic = NUMPY
) -> Integers:
    """The frame shown at each moment of a clip; past its end the video starts again.

    Timestamps are matched with a tolerance of a millisecond, or of a quarter of the mean distance
    between frames if that is less, as files round times that far. So steps of whole frames give
    every so many frames.

    Args:
        times: When each frame is shown.
        start: The first moment, in microseconds.
        frames: How many moments.
        step: From one to the next, in microseconds.

    Example:

    >>> indices_at(np.array([0, 40_000, 80_000]), start=40_000, frames=4, step=40_000).tolist()
    [1, 2, 0, 1]
    """
    lasts = duration(times, xp)
    quarter = lasts // (4 * xp.size(times))
    early = xp.minimum(xp.minimum(quarter, ROUNDING), _last_shown(times, xp) - 1)
    return xp.at_or_before(times, (start + early + step * xp.arange(frames)) % lasts)


def random_moment(times: Integers, span: int, draw: Draw, xp: Arithmetic = NUMPY) -> Integer:
    """A first moment drawn evenly from all that let the clip end inside the video."""
    room = _room(times, span, xp)
    return xp.minimum(draw(room + _last_shown(times, xp)), room)


def spread_moment(
    number: Integer, clips: int, times: Integers, span: int, xp: Arithmetic = NUMPY
) -> Integer:
    """The first moment of test clip `number` of those spread evenly over a video.

    Args:
        number: Of the clip, from 0.
        clips: How many there are; a single one is in the center.
        times: When each frame is shown.
        span: From the first moment of a clip to its last, in microseconds.
        xp: The arithmetic of these numbers.
    """
    room = _room(times, span, xp)
    return room // 2 if clips == 1 else room * number // (clips - 1)


def _room(times, span, xp):
    """The last moment from which a clip ends no later than when the last frame begins."""
    return xp.maximum(times[-1] - span, 0)


def _last_shown(times, xp):
    """For how long the last frame is shown; one microsecond where it is the only one."""
    return xp.maximum(times[-1] - times[-xp.minimum(xp.size(times), 2)], 1)
