"""Clip-sampling rules of published code bases, in whole numbers.

Where the code that set a rule computes in floating point and cuts the fraction off, rounding may
take it one frame below the exact quotient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from .arithmetic import NUMPY, Arithmetic, Draw, Integer, Integers
from .by_index import clip_span, last_start, uniform_start
from .by_time import indices_at, random_moment, spread_moment

# Frames a second that PySlowFast's clips are meant for; at other rates they span as many seconds.
SLOWFAST_RATE = 30
# Frames within which MMAction2's dense clips begin.
DENSE_RANGE = 64
# PySlowFast draws any real start; here it is one of so many.
_FINE = 1 << 16
SPEEDS = 1 << 16  # steps of the draw of a speed

Rate = tuple[Integer, Integer]  # frames a second, as a numerator and a denominator


class IndexRule(Protocol):
    """One way to choose the frames of a clip.

    Arguments are `length`, the frames of the video; `frames` and `stride` of a clip; `rate` of the
    video; and the `Arithmetic` of these numbers.
    """

    def random(self, draw: Draw, length, frames: int, stride: int, rate: Rate, xp) -> Integers:
        """The frames of a training clip."""

    def spread(self, number, clips: int, length, frames: int, stride: int, rate: Rate, xp):
        """The frames of test clip `number` of `clips`."""


@dataclass(frozen=True)
class Looped:
    """Clips of equal steps; past the end the video starts again.

    Attributes:
        places: `(length, frames, stride, xp)` to how many frames a training clip may begin at.
        start: `(number, clips, length, frames, stride, xp)` to where a test clip begins.
    """

    places: Callable[..., Integer]
    start: Callable[..., Integer]

    def random(self, draw, length, frames, stride, rate, xp):
        start = draw(self.places(length, frames, stride, xp))
        return (start + xp.arange(frames) * stride) % length

    def spread(self, number, clips, length, frames, stride, rate, xp):
        start = self.start(number, clips, length, frames, stride, xp)
        return (start + xp.arange(frames) * stride) % length


@dataclass(frozen=True)
class Stretched:
    """Frames spread over a span of time, so that 8 frames of 64 are 9 apart; none past the end.

    Test clips lie equal parts of the room there is apart, so that the last one ends before the
    video does. Fractions of frames are kept as integers over `unit`; 64 bits are enough for clips
    of 128 frames out of 10 million.
    """

    def random(self, draw, length, frames, stride, rate, xp):
        return self._stretched(draw(_FINE), _FINE, length, frames, stride, rate, xp)

    def spread(self, number, clips, length, frames, stride, rate, xp):
        return self._stretched(number, clips, length, frames, stride, rate, xp)

    def _stretched(self, part, parts, length, frames, stride, rate, xp):
        """The clip that begins `part` of `parts` of the room behind the start of the video."""
        unit, steps = rate[1] * SLOWFAST_RATE, max(frames - 1, 1)
        span = frames * stride * rate[0]  # in units, as the room is
        start = part * xp.maximum(length * unit - span, 0)
        exact = start * steps + xp.arange(frames) * (span - unit) * parts
        return xp.maximum(xp.minimum(exact // (unit * steps * parts), length - 1), 0)


def _places(length, frames, stride, xp):
    return last_start(length, clip_span(frames, stride), xp) + 1


def _places_of_whole_strides(length, frames, stride, xp):
    """As if the last frame were shown for a whole stride."""
    return last_start(length, frames * stride, xp) + 1


def _places_within_range(length, frames, stride, xp):
    return xp.maximum(length - DENSE_RANGE, 1)


def _spread(number, clips, length, frames, stride, xp):
    """From the first frame to the last; a single clip is the one in the center."""
    return uniform_start(number, clips, length, clip_span(frames, stride), xp)


def _official(number, clips, length, frames, stride, xp):
    """Equal parts of the whole video apart, so that the last clips run on from its beginning."""
    return length * number // clips


def _mmaction2(number, clips, length, frames, stride, xp):
    """From first frame to last, rounded half to even; single frames lie amid equal parts."""
    if frames == 1:
        return length * (2 * number + 1) // (2 * clips)
    room = last_start(length, clip_span(frames, stride), xp)
    return room // 2 if clips == 1 else _half_to_even(room * number, clips - 1)


def _dense(number, clips, length, frames, stride, xp):
    return last_start(length, DENSE_RANGE, xp) * number // max(clips - 1, 1)


def _half_to_even(numerator, denominator: int):
    """A quotient, rounded; halves to the even neighbor."""
    odd = numerator // denominator % 2
    return (2 * numerator + denominator - 1 + odd) // (2 * denominator)


RULES: Mapping[str, IndexRule] = {
    "spread": Looped(_places, _spread),
    "official": Looped(_places_of_whole_strides, _official),
    "slowfast": Stretched(),
    "mmaction2": Looped(_places_of_whole_strides, _mmaction2),
    "mmaction2_dense": Looped(_places_within_range, _dense),
}


@dataclass(frozen=True)
class Scheme:
    """A rule for videos of known length, with Python's numbers.

    Attributes:
        rule: What it does.
    """

    rule: IndexRule

    def random(
        self, num_frames: int, frames: int, stride: int, rng: np.random.Generator, fps: float
    ) -> list[int]:
        """The frames of a training clip."""
        rate = exact_rate(fps)
        return self.rule.random(rng.integers, num_frames, frames, stride, rate, NUMPY).tolist()

    def spread(
        self, num_frames: int, frames: int, stride: int, clips: int, fps: float
    ) -> list[list[int]]:
        """The frames of each test clip."""
        where = (num_frames, frames, stride, exact_rate(fps), NUMPY)
        return [self.rule.spread(number, clips, *where).tolist() for number in range(clips)]


def exact_rate(fps: float) -> Rate:
    """Frames a second as a fraction: exact for the usual rates, such as 30000 / 1001."""
    rate = Fraction(fps).limit_denominator(1001)
    return rate.numerator, rate.denominator


SAMPLING_RULES: Mapping[str, Scheme] = {name: Scheme(rule) for name, rule in RULES.items()}


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
    if clip.seconds_between_frames is not None:
        start = random_moment(times, (clip.num_frames - 1) * clip.step, draw, xp)
        return indices_at(times, start, clip.num_frames, clip.step, xp)
    rule, length = RULES[clip.sampling], xp.size(times)
    if clip.speed_jitter == 1:
        return rule.random(draw, length, clip.num_frames, clip.frame_stride, rate, xp)
    # From `1 / speed` to `speed`, by an even draw of the power.
    speed = clip.speed_jitter ** (2 * xp.real(draw(SPEEDS + 1)) / SPEEDS - 1)
    played = xp.maximum(xp.rounded(xp.real(length) / speed), 1)
    indices = rule.random(draw, played, clip.num_frames, clip.frame_stride, rate, xp)
    return xp.minimum(xp.rounded(xp.real(indices) * speed), length - 1)


def spread_indices(
    clip: Any, number: Integer, times: Integers, rate: Rate, xp: Arithmetic = NUMPY
) -> Integers:
    """The frames of test clip `number` of `clip.num_clips`; other arguments as above."""
    if clip.seconds_between_frames is not None:
        span = (clip.num_frames - 1) * clip.step
        start = spread_moment(number, clip.num_clips, times, span, xp)
        return indices_at(times, start, clip.num_frames, clip.step, xp)
    where = (xp.size(times), clip.num_frames, clip.frame_stride, rate, xp)
    return RULES[clip.sampling].spread(number, clip.num_clips, *where)
