"""Frames are resized to the requested size, with their aspect ratio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_nonlocal.video.decoding.frame_transform import ResizeCrop

sides = st.integers(8, 2000)


@given(height=sides, width=sides, short_side=st.integers(1, 512))
def test_short_side_is_exact_and_the_aspect_ratio_stays(height, width, short_side):
    new_height, new_width = ResizeCrop(short_side).resized_shape(height, width)
    scale = short_side / min(height, width)
    assert min(new_height, new_width) == short_side
    assert abs(new_height - height * scale) <= 0.5 + 1e-6
    assert abs(new_width - width * scale) <= 0.5 + 1e-6


@given(height=sides, width=sides, size=st.tuples(st.integers(1, 512), st.integers(1, 512)))
def test_size_is_covered_and_one_side_fits_exactly(height, width, size):
    new = ResizeCrop(size=size).resized_shape(height, width)
    scale = max(size[0] / height, size[1] / width)
    assert new[0] >= size[0]
    assert new[1] >= size[1]
    assert new[0] == size[0] or new[1] == size[1]
    assert abs(new[0] - height * scale) <= 1
    assert abs(new[1] - width * scale) <= 1


def test_by_default_a_frame_is_not_resized():
    assert ResizeCrop().resized_shape(123, 45) == (123, 45)


@pytest.mark.parametrize("wrong", [{"short_side": 0}, {"size": (4, 0)}, {"size": (4,)}])
def test_a_wrong_size_raises(wrong):
    with pytest.raises(ValueError, match="Received"):
        ResizeCrop(**wrong)
