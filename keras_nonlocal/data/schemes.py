"""Whose clips: the rules by which published networks were trained and tested.

Each rule gives frame numbers from the length of a video, in whole numbers and exact fractions.
Where the code that set a rule computes in floating point and cuts the fraction off, rounding may
take it one frame below the exact quotient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .sampling import clip_indices, clip_span, random_start, uniform_starts

# Frames a second that PySlowFast's clips are meant for; at other rates they span as many seconds.
SLOWFAST_RATE = 30
# Frames within which MMAction2's dense clips begin.
DENSE_RANGE = 64
_FINE = 1 << 32

Numbers = list[int]


@dataclass(frozen=True)
class Scheme:
    """One way to choose clips.

    Attributes:
        random: `(num_frames, frames, stride, rng, fps)` to the frame numbers of a training clip.
        spread: `(num_frames, frames, stride, clips, fps)` to the numbers of each test clip.
    """

    random: Callable[[int, int, int, np.random.Generator, float], Numbers]
    spread: Callable[[int, int, int, int, float], list[Numbers]]


def _random(num_frames, frames, stride, rng, fps) -> Numbers:
    start = random_start(num_frames, clip_span(frames, stride), rng)
    return clip_indices(start, frames, stride, num_frames)


def _random_whole(num_frames, frames, stride, rng, fps) -> Numbers:
    """As if the last frame were shown for a whole stride."""
    start = random_start(num_frames, frames * stride, rng)
    return clip_indices(start, frames, stride, num_frames)


def _spread(num_frames, frames, stride, clips, fps) -> list[Numbers]:
    """From the first frame to the last; a single clip is the one in the centre."""
    starts = uniform_starts(num_frames, clip_span(frames, stride), clips)
    return [clip_indices(start, frames, stride, num_frames) for start in starts]


def _official_spread(num_frames, frames, stride, clips, fps) -> list[Numbers]:
    """Equal parts of the whole video apart, so that the last clips run on from its beginning."""
    starts = [num_frames * clip // clips for clip in range(clips)]
    return [clip_indices(start, frames, stride, num_frames) for start in starts]


def _slowfast_random(num_frames, frames, stride, rng, fps) -> Numbers:
    span = _slowfast_span(frames, stride, fps)
    share = Fraction(int(rng.integers(_FINE)), _FINE)
    return _stretched(share * max(num_frames - span, 0), span, frames, num_frames)


def _slowfast_spread(num_frames, frames, stride, clips, fps) -> list[Numbers]:
    """Equal parts of the room there is apart, so that the last clip ends before the video."""
    span = _slowfast_span(frames, stride, fps)
    room = max(num_frames - span, 0)
    starts = [Fraction(room) * clip / clips for clip in range(clips)]
    return [_stretched(start, span, frames, num_frames) for start in starts]


def _slowfast_span(frames, stride, fps) -> Fraction:
    return frames * stride * Fraction(fps).limit_denominator(1001) / SLOWFAST_RATE


def _stretched(start, span, frames, num_frames) -> Numbers:
    """Frames spread over the whole span, so that 8 frames of 64 are 9 apart; none past the end."""
    step = (span - 1) / max(frames - 1, 1)
    exact = [int(start + frame * step) for frame in range(frames)]
    return [min(max(number, 0), num_frames - 1) for number in exact]


def _mmaction2_spread(num_frames, frames, stride, clips, fps) -> list[Numbers]:
    """From first frame to last, rounded half to even; single frames lie amid equal parts."""
    if frames == 1:
        return [[num_frames * (2 * clip + 1) // (2 * clips)] for clip in range(clips)]
    room = max(num_frames - clip_span(frames, stride), 0)
    starts = [round(Fraction(room * clip, max(clips - 1, 1))) for clip in range(clips)]
    starts = starts if clips > 1 else [room // 2]
    return [clip_indices(start, frames, stride, num_frames) for start in starts]


def _dense_random(num_frames, frames, stride, rng, fps) -> Numbers:
    start = int(rng.integers(max(num_frames - DENSE_RANGE, 1)))
    return clip_indices(start, frames, stride, num_frames)


def _dense_spread(num_frames, frames, stride, clips, fps) -> list[Numbers]:
    room = max(num_frames - DENSE_RANGE, 0)
    starts = [room * clip // max(clips - 1, 1) for clip in range(clips)]
    return [clip_indices(start, frames, stride, num_frames) for start in starts]


SCHEMES: Mapping[str, Scheme] = {
    "spread": Scheme(_random, _spread),
    "official": Scheme(_random_whole, _official_spread),
    "slowfast": Scheme(_slowfast_random, _slowfast_spread),
    "mmaction2": Scheme(_random_whole, _mmaction2_spread),
    "mmaction2_dense": Scheme(_dense_random, _dense_spread),
}
