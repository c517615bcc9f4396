"""Clips by time agree with loops over all frames and with clips by index."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonlocal.video.sampling.by_index import (
    clip_indices,
    clip_span,
    uniform_starts,
)
from keras_nonlocal.video.sampling.by_time import (
    duration,
    indices_at,
    random_moment,
    spread_moment,
)


def indices_of_clip(*arguments):
    return indices_at(*arguments).tolist()


def spread_moments(times, span, clips):
    return [spread_moment(number, clips, times, span) for number in range(clips)]


# Frame intervals that are much longer than rounding errors of files.
uneven = st.lists(st.integers(10_000, 90_000), min_size=1, max_size=30).map(
    lambda distances: np.cumsum([0, *distances])
)
rates = st.sampled_from([8, 10, 23.976, 24, 25, 29.97, 30, 50, 60])


def steady(num_frames, fps, unit=1):
    """Times of a constant frame rate, rounded down to units of microseconds, as files do."""
    exact = np.arange(num_frames) * 1_000_000 / fps
    return (np.floor(exact / unit + 1e-6) * unit).astype("int64")


def shown(times, moment):
    """The last frame that began at or before a moment."""
    found = 0
    for number, time in enumerate(times):
        if time <= moment:
            found = number
    return found


@given(times=uneven, start=st.integers(0, 3_000_000), step=st.integers(1, 200_000))
def test_indices_at_agrees_with_a_loop_over_all_frames(times, start, step):
    lasts = times[-1] + (times[-1] - times[-2])
    early = min(1_000, lasts // (4 * len(times)))
    moments = [(start + early + step * k) % lasts for k in range(12)]
    expected = [shown(times, moment) for moment in moments]
    assert indices_of_clip(times, start, 12, step) == expected


@given(
    num_frames=st.integers(2, 200),
    fps=rates,
    start=st.integers(0, 300),
    stride=st.integers(1, 6),
    unit=st.sampled_from([1, 1_000]),
)
def test_at_a_constant_rate_steps_are_strides(num_frames, fps, start, stride, unit):
    times = steady(num_frames, fps, unit)
    start %= num_frames
    stride_in_microseconds = round(stride * 1_000_000 / fps)
    indices = indices_of_clip(times, int(times[start]), 16, stride_in_microseconds)
    inside = [n for n in range(start, num_frames, stride)][:16]
    assert indices[: len(inside)] == inside
    if unit == 1 and 1_000_000 % (fps * 1_000) == 0:  # the end of the video is no estimate
        assert indices == clip_indices(start, 16, stride, num_frames)


@given(num_frames=st.integers(1, 200), frames=st.integers(1, 16), stride=st.integers(1, 6))
@pytest.mark.parametrize("fps", [10, 25, 50])
def test_spread_clips_at_a_constant_rate_agree_with_clips_by_index(fps, num_frames, frames, stride):
    times, step = steady(num_frames, fps), stride * 1_000_000 // fps
    for clips in (1, 2, 3, 10):
        starts = uniform_starts(num_frames, clip_span(frames, stride), clips)
        expected = [clip_indices(start, frames, stride, num_frames) for start in starts]
        moments = spread_moments(times, (frames - 1) * step, clips)
        assert [indices_of_clip(times, moment, frames, step) for moment in moments] == expected


def test_a_single_clip_is_in_the_center():
    times = steady(101, 25)
    assert spread_moments(times, 4 * 80_000, 1) == [uniform_starts(101, 9, 1)[0] * 40_000]


@given(times=uneven, frames=st.integers(1, 9), step=st.integers(1_000, 99_000), seed=st.integers(0))
def test_a_random_clip_ends_inside_the_video(times, frames, step, seed):
    start = random_moment(times, (frames - 1) * step, np.random.default_rng(seed).integers)
    span = (frames - 1) * step
    assert 0 <= start <= max(times[-1] - span, 0)
    if span <= times[-1]:
        assert np.diff(indices_of_clip(times, start, frames, step)).min(initial=0) >= 0


def test_random_moments_are_uniform_in_time():
    times, rng = np.array([0, 100_000, 400_000, 500_000]), np.random.default_rng(0)
    starts = [
        indices_of_clip(times, random_moment(times, 0, rng.integers), 1, 1)[0] for _ in range(3_000)
    ]
    shares = np.bincount(starts, minlength=4) / 3_000
    np.testing.assert_allclose(shares, [1 / 6, 3 / 6, 1 / 6, 1 / 6], atol=0.04)


@pytest.mark.parametrize("times", [[0], [0, 0, 0]])
def test_a_video_without_duration_can_be_sampled(times):
    times = np.array(times)
    assert spread_moments(times, 120_000, 2) == [0, 0]
    indices = indices_of_clip(
        times, random_moment(times, 120_000, np.random.default_rng(0).integers), 4, 9
    )
    assert set(indices) == {len(times) - 1}


def test_the_last_frame_lasts_as_long_as_the_frame_before_it():
    assert duration(np.array([0, 10_000, 50_000, 60_000, 200_000])) == 340_000
    assert duration(np.array([0])) == 1


@pytest.mark.parametrize("times", [[0, 40_000, 80_000, 80_010], [0, 50, 100]])
def test_a_very_short_last_frame_is_not_skipped(times):
    times = np.array(times)
    assert indices_of_clip(times, int(times[-1]), 1, 1) == [len(times) - 1]


def test_a_clip_may_repeat_the_last_frame_of_a_short_video():
    times = np.array([0, 40_000, 80_000])
    held = indices_at(times, start=40_000, frames=5, step=40_000, past_end="repeat_last")
    assert held.tolist() == [1, 2, 2, 2, 2]
    inside = indices_at(times, start=0, frames=3, step=40_000, past_end="repeat_last")
    assert inside.tolist() == [0, 1, 2]
