"""`attend_to`: the strongest positions, and errors."""

import keras
import numpy as np
import pytest

from keras_nonlocal import explain, models
from keras_nonlocal.explain import attention


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = models.nl_i3d_small(variant="official_8x8")
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "nonlocal/theta" in weight.path or "nonlocal/phi" in weight.path:
            weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


@pytest.fixture(scope="module")
def clip():
    clip = np.zeros((16, 64, 64, 3), "float32")
    clip[7:9, 40:56, 8:24] = 3  # the only motion, in the middle of the clip
    return clip + np.random.default_rng(1).normal(0, 0.1, clip.shape).astype("float32")


def test_strongest_keys_of_other_frames_come_first(model, clip):
    found = explain.attend_to(model, clip, position=(3, 2, 5), top=7)
    layer = model.get_layer("res3_1_nonlocal")
    features = keras.Model(model.input, layer.input)(clip[None])
    rows = keras.ops.convert_to_numpy(layer.attention(features, [(3, 2, 5)]))[0, 0]
    in_other_frames = np.delete(rows, 3, axis=0)
    np.testing.assert_allclose(
        found.weights, np.sort(in_other_frames, axis=None)[::-1][:7], rtol=1e-5
    )
    assert found.block == "res3_1_nonlocal"
    assert all(round(target.frame) != round(found.query.frame) for target in found.targets)


def test_positions_are_in_frames_and_pixels(model, clip):
    found = explain.attend_to(model, clip, position=(0, 0, 0), top=3)
    assert found.query == attention.Position(0.5, 3.5, 3.5)  # a cell is 2 frames of 8 x 8 pixels
    assert found.cell == (8, 8)
    for target in found.targets:
        assert 0 <= target.frame <= 15
        assert 0 <= target.row <= 63
        assert 0 <= target.column <= 63


def test_default_position_is_at_the_motion(model, clip):
    query = explain.attend_to(model, clip).query
    assert 6 <= query.frame <= 9
    assert 38 <= query.row <= 58
    assert 6 <= query.column <= 26


def test_block_argument(model, clip):
    assert explain.attend_to(model, clip, block="res4_0_nonlocal").block == "res4_0_nonlocal"


def test_only_positions_of_the_same_set_are_returned(clip):
    time_only = models.nl_i3d_small(axes="time", variant="slowfast")
    found = explain.attend_to(time_only, clip, position=(3, 2, 5))
    assert len(found.targets) == 7  # the same target in each of the other frames of 8
    assert {(target.row, target.column) for target in found.targets} == {
        (found.query.row, found.query.column)
    }
    with_groups = models.nl_i3d_small(variant="official_long")
    found = explain.attend_to(with_groups, clip.repeat(4, axis=0), position=(1, 2, 5), top=1000)
    assert len(found.targets) == 16  # 4 x 4 pooled targets of the other frame of the group of two
    with pytest.raises(ValueError, match="attends to no other frame: axes='space'"):
        explain.attend_to(models.nl_i3d_small(axes="space"), clip)


def test_invalid_arguments_are_refused(model, clip):
    with pytest.raises(ValueError, match="one of res3_1_nonlocal, res4_0_nonlocal"):
        explain.attend_to(model, clip, block="res2_0_nonlocal")
    with pytest.raises(ValueError, match="must lie on the grid"):
        explain.attend_to(model, clip, position=(99, 0, 0))
    with pytest.raises(ValueError, match="no non-local block"):
        explain.attend_to(models.c2d_small(), clip)
