"""Evaluation crops of a clip."""

import numpy as np
import pytest

from keras_nonlocal.video.clip_reader import spread_crops


@pytest.mark.parametrize("axis", [1, 2])
def test_three_crops_are_spread_over_the_longer_side(axis):
    shape = [1, 4, 4, 1]
    shape[axis] = 9
    video = np.arange(9).reshape([9 if i == axis else 1 for i in range(4)]) * np.ones(shape)
    crops = spread_crops(video, (4, 4), 3)
    assert [crop.shape for crop in crops] == [(1, 4, 4, 1)] * 3
    assert [(crop.min(), crop.max()) for crop in crops] == [(0, 3), (2, 5), (5, 8)]
