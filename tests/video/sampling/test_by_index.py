import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonlocal.video.sampling.by_index import (
    clip_indices,
    clip_span,
    uniform_starts,
)
from keras_nonlocal.video.sampling.rules import SAMPLING_RULES

counts = st.integers(1, 400)


@given(frames=st.integers(1, 64), stride=st.integers(1, 8))
def test_the_span_reaches_from_the_first_to_the_last_frame(frames, stride):
    indices = clip_indices(0, frames, stride, num_frames=10_000)
    assert clip_span(frames, stride) == indices[-1] - indices[0] + 1


@given(num_frames=counts, span=counts, seed=st.integers(0, 9))
def test_a_random_clip_ends_inside_a_video_that_is_long_enough(num_frames, span, seed):
    rng = np.random.default_rng(seed)
    start = SAMPLING_RULES["spread"].random(num_frames, span, 1, rng, 30.0)[0]
    assert start >= 0
    assert start + span <= max(num_frames, span)


def test_a_random_start_takes_every_place_that_fits():
    rng = np.random.default_rng(0)
    starts = {SAMPLING_RULES["spread"].random(12, 8, 1, rng, 30.0)[0] for _ in range(300)}
    assert starts == {0, 1, 2, 3, 4}


@given(num_frames=counts, span=counts)
def test_a_centered_clip_has_as_much_before_as_after_it(num_frames, span):
    (start,) = uniform_starts(num_frames, span, 1)
    after = num_frames - span - start
    assert (start == 0) if span >= num_frames else after - start in (0, 1)


@given(num_frames=counts, span=counts, clips=st.integers(2, 12))
def test_uniform_clips_begin_at_the_start_end_at_the_end_and_are_evenly_apart(
    num_frames, span, clips
):
    starts = uniform_starts(num_frames, span, clips)
    gaps = np.diff(starts)
    assert len(starts) == clips
    assert starts[0] == 0
    assert starts[-1] == max(num_frames - span, 0)
    assert gaps.max() - gaps.min() <= 1


def test_a_single_uniform_clip_is_the_centered_one():
    assert uniform_starts(100, 10, clips=1) == [45]


@given(start=st.integers(0, 500), frames=st.integers(1, 64), stride=st.integers(1, 8), n=counts)
def test_indices_are_those_of_the_video_played_in_a_loop(start, frames, stride, n):
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
def test_a_number_out_of_range_is_refused_by_name(call, name):
    with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}="):
        call()
