"""MMAction2's rules agree with its own code."""

import numpy as np
import pytest
from video.sampling.clips import random, spread

loading = pytest.importorskip(
    "mmaction.datasets.transforms.loading", reason="MMAction2 is not installed"
)


def published(sampler, num_frames):
    results = sampler.transform({"total_frames": num_frames, "start_index": 0})
    return results["frame_inds"].reshape(-1, sampler.clip_len).tolist()


@pytest.mark.parametrize("clips", [1, 3, 10])
@pytest.mark.parametrize(("frames", "stride"), [(32, 2), (8, 8)])
def test_evaluation_clips_are_those_of_mmaction2(frames, stride, clips):
    sampler = loading.SampleFrames(frames, stride, clips, test_mode=True)
    for num_frames in range(1, 320):
        ours = spread("mmaction2", num_frames, frames, stride, clips)
        assert ours == published(sampler, num_frames)


def test_single_frames_differ_only_where_floats_round_down():
    sampler = loading.SampleFrames(1, 1, 10, test_mode=True)
    for num_frames in range(1, 320):
        ours = np.array(spread("mmaction2", num_frames, 1, 1, 10))
        published_indices = np.array(published(sampler, num_frames))
        assert np.all((ours == published_indices) | (ours == published_indices + 1))
        assert (ours != published_indices).sum() <= 1


def test_dense_evaluation_clips_are_those_of_mmaction2():
    sampler = loading.DenseSampleFrames(32, 2, 1, num_sample_positions=10, test_mode=True)
    for num_frames in range(1, 320):
        ours = np.array(spread("mmaction2_dense", num_frames, 32, 2, 10))
        published_indices = np.array(published(sampler, num_frames))
        assert np.all((ours == published_indices) | (ours == (published_indices + 1) % num_frames))
        assert (ours != published_indices).mean() < 0.2


@pytest.mark.parametrize("name", ["mmaction2", "mmaction2_dense"])
def test_random_clips_have_the_same_starts(name):
    kind = loading.SampleFrames if name == "mmaction2" else loading.DenseSampleFrames
    sampler, rng = kind(8, 4, 1), np.random.default_rng(0)
    for num_frames in (20, 33, 64, 90):
        published_indices = {published(sampler, num_frames)[0][0] for _ in range(1500)}
        ours = {random(name, num_frames, 8, 4, rng)[0] for _ in range(1500)}
        assert ours == published_indices
