"""What a position attends to: the strongest keys, where they are, and the picture of it."""

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
    clip[7:9, 40:56, 8:24] = 3  # the only thing that moves, in the middle of the clip
    return clip + np.random.default_rng(1).normal(0, 0.1, clip.shape).astype("float32")


def test_the_strongest_keys_come_first_and_lie_in_other_frames(model, clip):
    found = explain.attend_to(model, clip, position=(3, 2, 5), top=7)
    layer = model.get_layer("res3_1_nonlocal")
    features = keras.Model(model.input, layer.input)(clip[None])
    rows = keras.ops.convert_to_numpy(layer.attention(features, [(3, 2, 5)]))[0, 0]
    elsewhere = np.delete(rows, 3, axis=0)
    np.testing.assert_allclose(found.weights, np.sort(elsewhere, axis=None)[::-1][:7], rtol=1e-5)
    assert found.block == "res3_1_nonlocal"
    assert all(round(place.frame) != round(found.query.frame) for place in found.targets)


def test_places_are_in_frames_and_pixels_of_the_clip(model, clip):
    found = explain.attend_to(model, clip, position=(0, 0, 0), top=3)
    assert found.query == attention.Position(0.5, 3.5, 3.5)  # a cell is 2 frames of 8 x 8 pixels
    assert found.cell == (8, 8)
    for place in found.targets:
        assert 0 <= place.frame <= 15
        assert 0 <= place.row <= 63
        assert 0 <= place.column <= 63


def test_the_default_position_is_where_something_moves(model, clip):
    query = explain.attend_to(model, clip).query
    assert 6 <= query.frame <= 9
    assert 38 <= query.row <= 58
    assert 6 <= query.column <= 26


def test_another_block_can_be_asked(model, clip):
    assert explain.attend_to(model, clip, block="res4_0_nonlocal").block == "res4_0_nonlocal"


def test_only_places_that_are_attended_to_are_found(clip):
    over_time = models.nl_i3d_small(axes="time", variant="slowfast")
    found = explain.attend_to(over_time, clip, position=(3, 2, 5))
    assert len(found.targets) == 7  # the same place in each of the other frames of 8
    assert {(place.row, place.column) for place in found.targets} == {
        (found.query.row, found.query.column)
    }
    in_groups = models.nl_i3d_small(variant="official_long")
    found = explain.attend_to(in_groups, clip.repeat(4, axis=0), position=(1, 2, 5), top=1000)
    assert len(found.targets) == 16  # 4 x 4 pooled places of the other frame of the group of two
    with pytest.raises(ValueError, match="attends to no other frame: axes='space'"):
        explain.attend_to(models.nl_i3d_small(axes="space"), clip)


def test_wrong_questions_are_refused(model, clip):
    with pytest.raises(ValueError, match="one of res3_1_nonlocal, res4_0_nonlocal"):
        explain.attend_to(model, clip, block="res2_0_nonlocal")
    with pytest.raises(ValueError, match="must lie on the grid"):
        explain.attend_to(model, clip, position=(99, 0, 0))
    with pytest.raises(ValueError, match="no non-local block"):
        explain.attend_to(models.c2d_small(), clip)


def test_the_picture_is_written_whole(model, clip, tmp_path):
    import matplotlib.image

    frames = np.clip(clip * 40 + 100, 0, 255).astype("uint8")
    path = tmp_path / "new folder" / "attention.png"
    found = explain.attend_to(model, clip, position=(3, 2, 5), top=200)
    explain.draw_attention(frames, found, path, title="a test")
    picture = matplotlib.image.imread(path)
    assert picture.shape[1] > 4 * picture.shape[0]  # frames side by side
    red = (picture[..., 0] > 0.9) & (picture[..., 1] < 0.4) & (picture[..., 2] < 0.4)
    yellow = (picture[..., 0] > 0.8) & (picture[..., 1] > 0.7) & (picture[..., 2] < 0.5)
    assert red.sum() > 100  # the box
    assert yellow.sum() > 100  # the arrows
    assert [file.name for file in path.parent.iterdir()] == ["attention.png"]
