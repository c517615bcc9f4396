"""The frames of the clips that a `ClipSpec` asks for, by index or by time."""

from __future__ import annotations

from typing import Any

from .arithmetic import NUMPY, Arithmetic, Draw, Integer, Integers
from .by_time import indices_at, random_moment, spread_moment
from .rules import RULES, Rate

SPEEDS = 1 << 16  # steps of the draw of a speed


def random_indices(
    clip: Any, times: Integers, rate: Rate, draw: Draw, xp: Arithmetic = NUMPY
) -> Integers:
    """The frames of a training clip.

    Args:
        clip: A `ClipSpec`.
        times: When each frame is shown, int64 microseconds from the first.
        rate: Frames a second, as a numerator and a denominator.
        draw: `draw(n)` returns an integer drawn evenly from 0 until before `n`.
        xp: The arithmetic of these numbers.
    """
    if clip.seconds is not None:
        start = random_moment(times, (clip.frames - 1) * clip.step, draw, xp)
        return indices_at(times, start, clip.frames, clip.step, xp)
    rule, length = RULES[clip.sampling], xp.size(times)
    if clip.speed == 1:
        return rule.random(draw, length, clip.frames, clip.stride, rate, xp)
    # From `1 / speed` to `speed`, by an even draw of the power.
    speed = clip.speed ** (2 * xp.real(draw(SPEEDS + 1)) / SPEEDS - 1)
    played = xp.maximum(xp.rounded(xp.real(length) / speed), 1)
    indices = rule.random(draw, played, clip.frames, clip.stride, rate, xp)
    return xp.minimum(xp.rounded(xp.real(indices) * speed), length - 1)


def spread_indices(
    clip: Any, number: Integer, times: Integers, rate: Rate, xp: Arithmetic = NUMPY
) -> Integers:
    """The frames of test clip `number` of `clip.clips`; other arguments as above."""
    if clip.seconds is not None:
        span = (clip.frames - 1) * clip.step
        start = spread_moment(number, clip.clips, times, span, xp)
        return indices_at(times, start, clip.frames, clip.step, xp)
    where = (xp.size(times), clip.frames, clip.stride, rate, xp)
    return RULES[clip.sampling].spread(number, clip.clips, *where)
