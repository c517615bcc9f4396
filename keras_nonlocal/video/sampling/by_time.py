"""The frames of a clip by the time at which they are shown, in integer microseconds.

A clip of frames that are a fixed number of seconds apart shows the same length of time in every
video, also if frame rates differ between files or change within one. `times` is when each frame is
shown: int64 microseconds from the first frame, not decreasing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arithmetic import NUMPY, Arithmetic, Draw, Integer, Integers

MICROSECONDS = 1_000_000  # per second
# Files round times, Matroska to a millisecond, so a frame may begin that much too late.
ROUNDING = 1_000
MOST_RATE = 1_000  # frames a second; no usual camera takes more
PAST_END = ("wrap", "repeat_last")  # what follows the last frame: the first one, or itself
LONGEST = 3_600 * MICROSECONDS  # from one frame to the next, on average


def duration(times: Integers, xp: Arithmetic = NUMPY) -> Integer:
    """The duration of a video, whose last frame is shown as long as the frame before it.

    Returns:
        Microseconds, at least one.

    >>> int(duration(np.array([0, 40_000, 80_000])))
    120000
    """
    return times[-1] + _last_shown(times, xp)


def odd_times(times: Sequence[int] | np.ndarray) -> str:
    """Says why times cannot be those of a video; empty if they can.

    A clip by such times would be the first and the last frame over and over.

    >>> odd_times([0, 0, 0]), odd_times([0, 200, 400]), odd_times([0, 40_000])
    ('its 3 frames have the same time', 'its times give 5,000 frames a second', '')
    """
    intervals, span = len(times) - 1, int(times[-1]) - int(times[0])
    if intervals and not span:
        return f"its {len(times):,} frames have the same time"
    if intervals * MICROSECONDS > MOST_RATE * span:
        return f"its times give {intervals * MICROSECONDS / span:,.0f} frames a second"
    if span > intervals * LONGEST:
        return f"its times give a frame in {span / intervals / MICROSECONDS:,.0f} seconds"
    return ""


def window(times: np.ndarray, start: float | None, end: float | None) -> tuple[int, int]:
    """The indices of the first frame shown from `start` on, and of the first one from `end` on.

    Args:
        times: When each frame is shown.
        start, end: In seconds; `None` means the start or the end of the video.

    >>> window(np.array([0, 40_000, 80_000]), 0.04, None)
    (1, 3)
    """
    first = 0 if start is None else np.searchsorted(times, round(start * MICROSECONDS))
    behind = len(times) if end is None else np.searchsorted(times, round(end * MICROSECONDS))
    return int(first), int(behind)


def indices_at(
    times: Integers,
    start: Integer,
    frames: int,
    step: int,
    xp: Arithmetic = NUMPY,
    past_end: str = "wrap",
) -> Integers:
    """The frame shown at each moment of a clip; past its end, the video starts again, or stops.

    As files round times, they are matched with a tolerance of min(1 ms, a quarter of the mean
    frame interval). So steps of n frame intervals select every n-th frame.

    Args:
        times: When each frame is shown.
        start: The first moment, in microseconds.
        frames: Number of moments.
        step: The time between two moments, in microseconds.
        xp: The arithmetic of these integers.
        past_end: One of `PAST_END`.

    Example:

    >>> indices_at(np.array([0, 40_000, 80_000]), start=40_000, frames=4, step=40_000).tolist()
    [1, 2, 0, 1]
    """
    lasts = duration(times, xp)
    quarter = lasts // (4 * xp.size(times))
    early = xp.minimum(xp.minimum(quarter, ROUNDING), _last_shown(times, xp) - 1)
    moments = start + early + step * xp.arange(frames)
    inside = xp.minimum(moments, times[-1]) if past_end == "repeat_last" else moments % lasts
    return xp.at_or_before(times, inside)


def random_moment(times: Integers, span: int, draw: Draw, xp: Arithmetic = NUMPY) -> Integer:
    """Draws the first moment of a clip uniformly, such that the clip ends inside the video."""
    room = _room(times, span, xp)
    return xp.minimum(draw(room + _last_shown(times, xp)), room)


def spread_moment(
    number: Integer, clips: int, times: Integers, span: int, xp: Arithmetic = NUMPY
) -> Integer:
    """The first moment of one of several clips that are spread evenly over a video.

    Args:
        number: Index of the clip.
        clips: Number of clips; a single one is in the center.
        times: When each frame is shown.
        span: The time from the first moment of a clip to its last, in microseconds.
        xp: The arithmetic of these integers.
    """
    room = _room(times, span, xp)
    return room // 2 if clips == 1 else room * number // (clips - 1)


def _room(times, span, xp):
    """The last start at which a clip still ends before or when the last frame begins."""
    return xp.maximum(times[-1] - span, 0)


def _last_shown(times, xp):
    """How long the last frame is shown; one microsecond if it is the only one."""
    return xp.maximum(times[-1] - times[-xp.minimum(xp.size(times), 2)], 1)
