"""Evaluation crops of a clip."""

import numpy as np
import pytest

from keras_nonlocal.video.clip_reader import center_crop, spread_crops


def test_center_crop_crops_the_center():
    video = np.arange(7)[None, :, None, None] * np.ones((2, 1, 5, 3))
    assert center_crop(video, (3, 5))[0, :, 0, 0].tolist() == [2, 3, 4]


@pytest.mark.parametrize("axis", [1, 2])
def test_three_crops_are_spread_over_the_longer_side(axis):
    shape = [1, 4, 4, 1]
    shape[axis] = 9
    video = np.arange(9).reshape([9 if i == axis else 1 for i in range(4)]) * np.ones(shape)
    crops = spread_crops(video, (4, 4), 3)
    assert [crop.shape for crop in crops] == [(1, 4, 4, 1)] * 3
    assert [(crop.min(), crop.max()) for crop in crops] == [(0, 3), (2, 5), (5, 8)]


def test_a_single_crop_is_in_the_center():
    video = np.random.default_rng(0).normal(size=(2, 6, 9, 3))
    (crop,) = spread_crops(video, (6, 4), 1)
    np.testing.assert_array_equal(crop, center_crop(video, (6, 4)))


def test_a_crop_larger_than_the_video_raises():
    with pytest.raises(ValueError, match="`size` must fit into the video's"):
        center_crop(np.zeros((1, 4, 4, 3)), (5, 4))
