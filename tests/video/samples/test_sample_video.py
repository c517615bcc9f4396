"""The sample video is periodic and reproducible."""

import numpy as np

from keras_nonlocal.video.decoding.read import count_frames
from keras_nonlocal.video.samples import sample_video


def test_frames_repeat_with_the_period():
    clip = sample_video.jumping_jacks(60, period=20).astype("int32")
    assert clip.shape == (60, 144, 180, 3)
    change = [np.abs(clip[0] - frame).mean() for frame in clip]
    assert max(change[20], change[40]) < 1.2 * min(change[5], change[10], change[15])
    assert np.abs(clip[0] - clip[10]).max() > 100


def test_one_seed_gives_the_same_frames():
    np.testing.assert_array_equal(sample_video.jumping_jacks(3), sample_video.jumping_jacks(3))


def test_write_sample_writes_a_video_file(tmp_path):
    sample_video.write_sample(tmp_path / "sample.mp4")
    assert count_frames(tmp_path / "sample.mp4") == 75
