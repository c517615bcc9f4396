"""Clip-sampling rules of published code bases, in integer arithmetic.

Code that computes in floating point and truncates may land one frame below the exact quotient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from .arithmetic import NUMPY, Arithmetic, Draw, Integer, Integers
from .by_index import clip_span, last_start, uniform_start
from .by_time import indices_at, random_moment, spread_moment

# The frame rate that PySlowFast's clips are meant for; at other rates they span as many seconds.
SLOWFAST_RATE = 30
# Frames within which MMAction2's dense clips begin.
DENSE_RANGE = 64
# PySlowFast draws a real number for the start of a clip; here it is one of this many.
_START_STEPS = 1 << 16
SPEED_STEPS = 1 << 16

Rate = tuple[Integer, Integer]  # frames per second, as a numerator and a denominator


class SamplingRule(Protocol):
    """A rule that selects the frames of a clip.

    `length` is the number of frames of the video; `frames` and `stride` describe the clip; `rate`
    is the frame rate of the video; `xp` is the `Arithmetic` of all these integers.
    """

    def random(self, draw: Draw, length, frames: int, stride: int, rate: Rate, xp) -> Integers:
        """Returns the frame indices of a training clip."""

    def spread(self, number, clips: int, length, frames: int, stride: int, rate: Rate, xp):
        """Returns the frame indices of evaluation clip `number` of `clips`."""

    def span(self, frames: int, stride: int, rate: Rate) -> int:
        """Returns the number of frames of the video from the first frame of a clip to its last."""


@dataclass(frozen=True)
class Looped:
    """Clips with a constant stride; past its end, the video starts again.

    Attributes:
        num_starts: `(length, frames, stride, xp)` to the number of starts of a training clip.
        start: `(number, clips, length, frames, stride, xp)` to the start of an evaluation clip.
    """

    num_starts: Callable[..., Integer]
    start: Callable[..., Integer]

    def random(self, draw, length, frames, stride, rate, xp):
        start = draw(self.num_starts(length, frames, stride, xp))
        return (start + xp.arange(frames) * stride) % length

    def spread(self, number, clips, length, frames, stride, rate, xp):
        start = self.start(number, clips, length, frames, stride, xp)
        return (start + xp.arange(frames) * stride) % length

    def span(self, frames, stride, rate):
        return clip_span(frames, stride)


@dataclass(frozen=True)
class Stretched:
    """Frames spread evenly over a span of time, so that 8 frames of 64 are 9 apart.

    Indices past the end become the last frame. The starts of evaluation clips divide the room into
    equal parts, so the last clip ends before the video does. Fractions of frames are integers over
    `unit`; 64 bits are enough for clips of 128 frames from videos of 10 million.
    """

    def random(self, draw, length, frames, stride, rate, xp):
        return self._clip(draw(_START_STEPS), _START_STEPS, length, frames, stride, rate, xp)

    def spread(self, number, clips, length, frames, stride, rate, xp):
        return self._clip(number, clips, length, frames, stride, rate, xp)

    def span(self, frames, stride, rate):
        return max(frames * stride * rate[0] // (rate[1] * SLOWFAST_RATE), 1)

    def _clip(self, part, parts, length, frames, stride, rate, xp):
        """The clip that starts at `part / parts` of the frames that it leaves free."""
        unit, steps = rate[1] * SLOWFAST_RATE, max(frames - 1, 1)
        span = frames * stride * rate[0]  # in units
        start = part * xp.maximum(length * unit - span, 0)
        exact = start * steps + xp.arange(frames) * (span - unit) * parts
        return xp.maximum(xp.minimum(exact // (unit * steps * parts), length - 1), 0)


def _starts(length, frames, stride, xp):
    return last_start(length, clip_span(frames, stride), xp) + 1


def _starts_with_whole_strides(length, frames, stride, xp):
    """Counts a whole stride for the last frame too."""
    return last_start(length, frames * stride, xp) + 1


def _starts_within_range(length, frames, stride, xp):
    return xp.maximum(length - DENSE_RANGE, 1)


def _spread(number, clips, length, frames, stride, xp):
    """From the first frame to the last; a single clip is in the center."""
    return uniform_start(number, clips, length, clip_span(frames, stride), xp)


def _official(number, clips, length, frames, stride, xp):
    """Equal parts of the whole video apart, so that the last clips loop back to its start."""
    return length * number // clips


def _mmaction2(number, clips, length, frames, stride, xp):
    """From the first frame to the last, rounded half to even; single frames are in the middle of
    equal parts."""
    if frames == 1:
        return length * (2 * number + 1) // (2 * clips)
    room = last_start(length, clip_span(frames, stride), xp)
    return room // 2 if clips == 1 else _half_to_even(room * number, clips - 1)


def _dense(number, clips, length, frames, stride, xp):
    return last_start(length, DENSE_RANGE, xp) * number // max(clips - 1, 1)


def _half_to_even(numerator, denominator: int):
    odd = numerator // denominator % 2
    return (2 * numerator + denominator - 1 + odd) // (2 * denominator)


SAMPLING_RULES: Mapping[str, SamplingRule] = {
    "spread": Looped(_starts, _spread),
    "official": Looped(_starts_with_whole_strides, _official),
    "slowfast": Stretched(),
    "mmaction2": Looped(_starts_with_whole_strides, _mmaction2),
    "mmaction2_dense": Looped(_starts_within_range, _dense),
}


def exact_rate(fps: float) -> Rate:
    """The frame rate as a fraction, exact for the usual rates, such as 30000 / 1001."""
    rate = Fraction(fps).limit_denominator(1001)
    return rate.numerator, rate.denominator


def random_indices(
    clip: Any, times: Integers, rate: Rate, draw: Draw, xp: Arithmetic = NUMPY
) -> Integers:
    """Selects the frames of a training clip.

    Args:
        clip: A `ClipSpec`.
        times: When each frame is shown, int64 microseconds from the first frame.
        rate: Frames per second, as a numerator and a denominator.
        draw: `draw(n)` returns a uniform integer in [0, n).
        xp: The arithmetic of these integers.

    Returns:
        The frame indices, `(num_frames,)`.
    """
    if clip.seconds_between_frames is not None:
        start = random_moment(times, (clip.num_frames - 1) * clip.step, draw, xp)
        return indices_at(times, start, clip.num_frames, clip.step, xp, clip.past_end)
    rule, length = SAMPLING_RULES[clip.sampling], xp.size(times)
    if clip.speed_jitter == 1:
        return rule.random(draw, length, clip.num_frames, clip.frame_stride, rate, xp)
    # From `1 / speed_jitter` to `speed_jitter`; the exponent is drawn uniformly.
    speed = clip.speed_jitter ** (2 * xp.real(draw(SPEED_STEPS + 1)) / SPEED_STEPS - 1)
    played = xp.maximum(xp.rounded(xp.real(length) / speed), 1)
    indices = rule.random(draw, played, clip.num_frames, clip.frame_stride, rate, xp)
    return xp.minimum(xp.rounded(xp.real(indices) * speed), length - 1)


def spread_indices(
    clip: Any, number: Integer, times: Integers, rate: Rate, xp: Arithmetic = NUMPY
) -> Integers:
    """Selects the frames of evaluation clip `number` of `clip.num_clips`.

    Args:
        clip, times, rate, xp: As in `random_indices`.
        number: Index of the clip.

    Returns:
        The frame indices, `(num_frames,)`.
    """
    if clip.seconds_between_frames is not None:
        span = (clip.num_frames - 1) * clip.step
        start = spread_moment(number, clip.num_clips, times, span, xp)
        return indices_at(times, start, clip.num_frames, clip.step, xp, clip.past_end)
    video = (xp.size(times), clip.num_frames, clip.frame_stride, rate, xp)
    return SAMPLING_RULES[clip.sampling].spread(number, clip.num_clips, *video)
