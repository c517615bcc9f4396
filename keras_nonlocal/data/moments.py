"""Which frames are shown at which moments: clips by the clock, in whole microseconds.

For videos whose frame rate differs from file to file, or changes within one, a clip of so many
frames so many seconds apart is the same length of life in each.
"""

from __future__ import annotations

import numpy as np

MICROSECONDS = 1_000_000  # of a second
# Files round the time of a frame, Matroska to a millisecond, so it may begin that much late.
ROUNDING = 1_000


def duration(times: np.ndarray) -> int:
    """How long a video is: its last frame is shown as long as the one before it.

    Args:
        times: When each frame is shown, int64 microseconds from the first, not decreasing.

    Returns:
        Microseconds, at least one.

    >>> duration(np.array([0, 40_000, 80_000]))
    120000
    """
    return int(times[-1]) + _last_shown(times)


def window(times: np.ndarray, start: float | None, end: float | None) -> tuple[int, int]:
    """The number of the first frame shown from `start` on, and of the first one not before `end`.

    Args:
        times: As in `duration`.
        start, end: In seconds; `None` for those of the video.

    >>> window(np.array([0, 40_000, 80_000]), 0.04, None)
    (1, 3)
    """
    first = 0 if start is None else np.searchsorted(times, round(start * MICROSECONDS))
    behind = len(times) if end is None else np.searchsorted(times, round(end * MICROSECONDS))
    return int(first), int(behind)


def numbers_at(times: np.ndarray, start: int, frames: int, step: int) -> list[int]:
    """The frame shown at each moment of a clip; past its end the video starts again.

    A frame counts as shown a millisecond early, or a quarter of the mean distance if that is less,
    as files round times that far. So steps of whole frames give every so many frames.

    Args:
        times: As in `duration`.
        start: The first moment, in microseconds.
        frames: How many moments.
        step: From one to the next, in microseconds.

    Example:

    >>> numbers_at(np.array([0, 40_000, 80_000]), start=40_000, frames=4, step=40_000)
    [1, 2, 0, 1]
    """
    lasts = duration(times)
    early = min(ROUNDING, lasts // (4 * len(times)), _last_shown(times) - 1)
    moments = (start + early + step * np.arange(frames, dtype="int64")) % lasts
    return (np.searchsorted(times, moments, side="right") - 1).tolist()


def random_moment(times: np.ndarray, span: int, rng: np.random.Generator) -> int:
    """A first moment drawn evenly from all that let the clip end inside the video."""
    room = _room(times, span)
    return min(int(rng.integers(room + _last_shown(times))), room)


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
    """The last moment from which a clip ends no later than when the last frame begins."""
    return max(int(times[-1]) - span, 0)


def _last_shown(times: np.ndarray) -> int:
    return max(int(times[-1] - times[-2]), 1) if len(times) > 1 else 1
