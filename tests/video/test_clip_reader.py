import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonlocal.video.clip_reader import center_crop, spread_crops
from keras_nonlocal.video.decoding.frame_transform import scaled_shape

sides = st.integers(8, 2000)


@given(height=sides, width=sides, short_side=st.integers(1, 512))
def test_the_short_side_becomes_what_was_asked_and_the_aspect_stays(height, width, short_side):
    new_height, new_width = scaled_shape(height, width, short_side=short_side)
    scale = short_side / min(height, width)
    assert min(new_height, new_width) == short_side
    assert abs(new_height - height * scale) <= 0.5 + 1e-6
    assert abs(new_width - width * scale) <= 0.5 + 1e-6


@given(height=sides, width=sides, size=st.tuples(st.integers(1, 512), st.integers(1, 512)))
def test_a_size_is_covered_and_one_side_fits_exactly(height, width, size):
    new = scaled_shape(height, width, size=size)
    scale = max(size[0] / height, size[1] / width)
    assert new[0] >= size[0]
    assert new[1] >= size[1]
    assert new[0] == size[0] or new[1] == size[1]
    assert abs(new[0] - height * scale) <= 1
    assert abs(new[1] - width * scale) <= 1


def test_a_picture_stays_as_it_is_where_nothing_is_asked():
    assert scaled_shape(123, 45) == (123, 45)


def test_the_crop_is_the_middle():
    video = np.arange(7)[None, :, None, None] * np.ones((2, 1, 5, 3))
    assert center_crop(video, (3, 5))[0, :, 0, 0].tolist() == [2, 3, 4]


@pytest.mark.parametrize("axis", [1, 2])
def test_three_crops_reach_from_one_end_of_the_longer_side_to_the_other(axis):
    shape = [1, 4, 4, 1]
    shape[axis] = 9
    video = np.arange(9).reshape([9 if i == axis else 1 for i in range(4)]) * np.ones(shape)
    crops = spread_crops(video, (4, 4), 3)
    assert [crop.shape for crop in crops] == [(1, 4, 4, 1)] * 3
    assert [(crop.min(), crop.max()) for crop in crops] == [(0, 3), (2, 5), (5, 8)]


def test_a_single_crop_is_the_center():
    video = np.random.default_rng(0).normal(size=(2, 6, 9, 3))
    (crop,) = spread_crops(video, (6, 4), 1)
    np.testing.assert_array_equal(crop, center_crop(video, (6, 4)))


def test_a_crop_larger_than_the_video_is_refused():
    with pytest.raises(ValueError, match="`size` must fit into the video's"):
        center_crop(np.zeros((1, 4, 4, 3)), (5, 4))


@pytest.mark.parametrize(
    "asked",
    [{"short_side": 0}, {"size": (4, 0)}, {"size": (4,)}, {"short_side": 4, "size": (4, 4)}],
)
def test_a_shape_that_makes_no_sense_is_refused(asked):
    with pytest.raises(ValueError, match="Received"):
        scaled_shape(10, 10, **asked)
