"""Attention within one detected object, and the picture of it."""

import matplotlib.image
import numpy as np
import pytest

from keras_nonlocal import explain, models
from keras_nonlocal.explain.pixel_grid import PixelGrid

BLOCK = "keypoint_conv_4_nonlocal"


def test_the_query_is_the_cell_of_a_keypoint_and_the_weights_are_those_of_its_region(
    keypoint_model, people
):
    found = explain.region_attention(keypoint_model, people, region=2, block=BLOCK, query=1)
    outputs = keypoint_model(people)
    box, point = (np.asarray(outputs[name])[0, 2] for name in ("boxes", "keypoints"))
    np.testing.assert_allclose(found.box, box, rtol=1e-5)
    x, y, _ = point[1]
    cell = (int((y - box[1]) / (box[3] - box[1]) * 14), int((x - box[0]) / (box[2] - box[0]) * 14))
    assert tuple(found.query) == cell
    rows = explain.attention_maps(keypoint_model, people, [cell], BLOCK)
    assert rows.shape == (outputs["boxes"].shape[1], 1, 14, 14)  # each region is a sample
    np.testing.assert_allclose(rows.sum(axis=(2, 3)), 1, rtol=1e-4)
    np.testing.assert_allclose(found.weights, rows[2, 0], rtol=1e-4)


def test_the_strongest_query_speaks_most_for_the_keypoints_of_this_object(keypoint_model, people):
    found = explain.region_attention(keypoint_model, people, region=1)
    evidence = explain.class_evidence(keypoint_model, people, "keypoint_conv_2_nonlocal")[1]
    assert found.block == "keypoint_conv_2_nonlocal"
    assert evidence[tuple(found.query)] == pytest.approx(evidence.max(), rel=1e-4)


def test_positions_of_a_region_divide_its_box():
    found = explain.RegionAttention(
        BLOCK, np.array([10, 20, 38, 76.0]), 0.9, np.array([0, 0]), np.zeros((14, 14))
    )
    assert found.pixels == PixelGrid((14, 14), (21.5, 10.5), (4.0, 2.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"region": 10**6}, "`region` must be one of"),
        ({"block": "res4_0_nonlocal"}, "must be a block of a head: keypoint_conv_2_nonlocal"),
        ({"query": 3}, "index of one of 3 keypoints"),
        ({"query": explain.Position(0, 500, 500)}, "The query must be in the box"),
    ],
)
def test_wrong_choices_are_refused(keypoint_model, people, options, message):
    with pytest.raises(ValueError, match=message):
        explain.region_attention(keypoint_model, people, **options)


def test_networks_without_heads_are_refused(people):
    with pytest.raises(ValueError, match="must be a network for detection"):
        explain.region_attention(models.nl_fcn_small(classes=2), people)


def test_the_picture_shows_the_object_twice_with_a_box_and_a_heat_map(tmp_path):
    weights = np.zeros((14, 14), "float32")
    weights[10:12, 4:6] = 0.25
    keypoints = np.array([[20, 30, 0.9], [30, 60, 0.8]])
    found = explain.RegionAttention(
        BLOCK, np.array([10, 20, 38, 76.0]), 0.9, np.array([2, 5]), weights, keypoints
    )
    path = tmp_path / "person.png"
    image = np.full((90, 60, 3), 100, "uint8")
    explain.draw_region_attention(
        image, found, path, skeleton=[(0, 1)], keypoint_names=("nose", "knee")
    )
    drawn = matplotlib.image.imread(path)[..., :3]
    left, right = drawn[:, : drawn.shape[1] // 2], drawn[:, -(drawn.shape[1] // 2) :]
    red, green, blue = np.moveaxis(np.stack([left, right]), -1, 0)
    hot = (red > 0.7) & (green < 0.45) & (blue < 0.45)
    cold = (blue > 0.8) & (red < 0.6)
    assert hot[1].sum() > hot[0].sum() + 200  # the query in both halves, the map in the right one
    assert hot[0].sum() > 50
    assert cold[0].sum() > 100  # keypoints, and the line between them
    assert cold[1].sum() == 0
