import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from video.sampling.clips import random

from keras_nonlocal.video.sampling.by_index import (
    clip_indices,
    clip_span,
    uniform_starts,
)

counts = st.integers(1, 400)


@given(frames=st.integers(1, 64), stride=st.integers(1, 8))
def test_the_span_reaches_from_the_first_to_the_last_frame(frames, stride):
    indices = clip_indices(0, frames, stride, num_frames=10_000)
    assert clip_span(frames, stride) == indices[-1] - indices[0] + 1


@given(num_frames=counts, span=counts, seed=st.integers(0, 9))
def test_a_random_clip_ends_inside_the_video(num_frames, span, seed):
    rng = np.random.default_rng(seed)
    start = random("spread", num_frames, span, 1, rng)[0]
    assert start >= 0
    assert start + span <= max(num_frames, span)


def test_random_starts_reach_every_frame_where_a_clip_fits():
    rng = np.random.default_rng(0)
    starts = {random("spread", 12, 8, 1, rng)[0] for _ in range(300)}
    assert starts == {0, 1, 2, 3, 4}


@given(num_frames=counts, span=counts)
def test_a_single_clip_is_in_the_center(num_frames, span):
    (start,) = uniform_starts(num_frames, span, 1)
    after = num_frames - span - start
    assert (start == 0) if span >= num_frames else after - start in (0, 1)


@given(num_frames=counts, span=counts, clips=st.integers(2, 12))
def test_uniform_clips_are_spread_evenly_from_start_to_end(num_frames, span, clips):
    starts = uniform_starts(num_frames, span, clips)
    gaps = np.diff(starts)
    assert len(starts) == clips
    assert starts[0] == 0
    assert starts[-1] == max(num_frames - span, 0)
    assert gaps.max() - gaps.min() <= 1


@given(start=st.integers(0, 500), frames=st.integers(1, 64), stride=st.integers(1, 8), n=counts)
def test_clip_indices_loop_over_the_video(start, frames, stride, n):
    loop = list(range(n)) * (1 + (start + frames * stride) // n)
    assert clip_indices(start, frames, stride, n) == loop[start::stride][:frames]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: clip_span(0), "num_frames"),
        (lambda: clip_span(8, stride=0), "frame_stride"),
        (lambda: uniform_starts(0, 8, 1), "num_frames"),
        (lambda: uniform_starts(8, -1, 1), "span"),
        (lambda: uniform_starts(8, 8, clips=0), "clips"),
        (lambda: clip_indices(-1, 8, 1, 8), "start"),
        (lambda: clip_indices(0.5, 8, 1, 8), "start"),
        (lambda: clip_indices(0, 8, 1, 0), "num_frames"),
    ],
)
def test_an_argument_out_of_range_raises(call, name):
    with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}="):
        call()
