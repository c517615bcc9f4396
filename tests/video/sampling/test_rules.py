"""The sampling rules give the published frame indices."""

import numpy as np
import pytest
from video.sampling.clips import random, spread

from keras_nonlocal.video.sampling.rules import SAMPLING_RULES

each_rule = pytest.mark.parametrize("name", SAMPLING_RULES)
LENGTHS = [1, 2, 7, 31, 63, 64, 65, 100, 250, 300, 301]


@pytest.mark.parametrize(
    ("name", "num_frames", "expected"),
    [
        ("spread", 300, [0, 26, 52, 79, 105, 131, 158, 184, 210, 237]),
        ("official", 300, [0, 30, 60, 90, 120, 150, 180, 210, 240, 270]),
        ("slowfast", 300, [0, 23, 47, 70, 94, 118, 141, 165, 188, 212]),
        ("mmaction2", 300, [0, 26, 53, 79, 105, 132, 158, 184, 211, 237]),
        ("mmaction2_dense", 300, [0, 26, 52, 78, 104, 131, 157, 183, 209, 236]),
        ("official", 64, [0, 6, 12, 19, 25, 32, 38, 44, 51, 57]),
        ("slowfast", 50, [0] * 10),
    ],
)
def test_ten_clips_of_32_frames_have_the_published_starts(name, num_frames, expected):
    clips = spread(name, num_frames, 32, 2, clips=10)
    assert [indices[0] for indices in clips] == expected


def test_the_last_official_clips_loop_to_the_start_of_the_video():
    last = spread("official", 100, 4, 8, 10, 30.0)[-1]
    assert last == [90, 98, 6, 14]


def test_eight_slowfast_frames_of_64_are_nine_apart():
    (indices,) = spread("slowfast", 300, 8, 8, 1, 30.0)
    assert indices == [0, 9, 18, 27, 36, 45, 54, 63]


def test_a_slowfast_clip_of_a_slower_video_spans_the_same_time():
    (indices,) = spread("slowfast", 300, 8, 8, 1, 15.0)
    assert indices == [0, 4, 8, 13, 17, 22, 26, 31]


@pytest.mark.parametrize("num_frames", LENGTHS)
@pytest.mark.parametrize("fps", [15.0, 24.0, 25.0, 29.97, 30.0, 60.0])
def test_slowfast_indices_are_the_published_ones_or_one_less(num_frames, fps):
    for frames, stride in [(8, 8), (32, 2), (4, 16), (1, 1)]:
        ours = spread("slowfast", num_frames, frames, stride, 10, fps)
        span = frames * stride / 30 * fps
        for clip, indices in enumerate(ours):
            start = max(num_frames - span, 0) * clip / 10
            floats = np.linspace(start, start + span - 1, frames)
            published = np.clip(floats, 0, num_frames - 1).astype(int)
            near = np.abs(floats - np.round(floats)) < 1e-3
            np.testing.assert_array_equal(np.array(indices)[~near], published[~near])
            assert np.abs(np.array(indices) - published).max() <= 1


@each_rule
@pytest.mark.parametrize("num_frames", LENGTHS)
def test_all_indices_are_frames_of_the_video(name, num_frames):
    rng = np.random.default_rng(0)
    clips = spread(name, num_frames, 8, 8, 7, 25.0)
    clips += [random(name, num_frames, 8, 8, rng, 25.0) for _ in range(20)]
    for indices in clips:
        assert len(indices) == 8
        assert all(isinstance(index, int) and 0 <= index < num_frames for index in indices)


LAST = {"spread": 37, "official": 36, "slowfast": 35, "mmaction2": 36, "mmaction2_dense": 35}


@each_rule
def test_random_clips_start_anywhere_up_to_the_last_start_of_the_rule(name):
    rng = np.random.default_rng(0)
    drawn = [random(name, 100, 32, 2, rng, 30.0)[0] for _ in range(2000)]
    assert set(drawn) == set(range(LAST[name] + 1))
    counts = np.bincount(drawn)
    assert counts.max() < 2 * counts[counts > 0].mean()


@each_rule
def test_a_short_video_is_looped_or_its_last_frame_repeated(name):
    rng = np.random.default_rng(0)
    indices = random(name, 3, 6, 1, rng, 30.0)
    looped, held = [0, 1, 2, 0, 1, 2], [0, 1, 2, 2, 2, 2]
    assert indices == (held if name == "slowfast" else looped)
