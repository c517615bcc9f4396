"""`top_positions`: the strongest positions, what chooses the query, pixels, and errors."""

import keras
import numpy as np
import pytest
from explain.conftest import spread_weights

from keras_nonlocal import explain, layers, models
from keras_nonlocal.explain.evidence import class_evidence


def test_strongest_positions_come_first(video_model, clip):
    found = explain.top_positions(video_model, clip, queries=[(3, 2, 5), (0, 0, 0)], k=7)
    rows = explain.attention_maps(video_model, clip, [(3, 2, 5), (0, 0, 0)])
    assert found.block == "res3_1_nonlocal"
    assert found.positions.shape == (1, 2, 7, 3)
    for query in range(2):
        expected = np.sort(rows[0, query], axis=None)[::-1][:7]
        np.testing.assert_allclose(found.weights[0, query], expected, rtol=1e-6)
        read = rows[0, query][tuple(found.positions[0, query].T)]
        np.testing.assert_array_equal(read, found.weights[0, query])


def test_other_frames_leave_out_that_of_the_query(video_model, clip):
    found = explain.top_positions(video_model, clip, queries=[(3, 2, 5)], k=9, other_frames=True)
    assert (found.positions[..., 0] != 3).all()
    rows = np.delete(explain.attention_maps(video_model, clip, [(3, 2, 5)])[0, 0], 3, axis=0)
    np.testing.assert_allclose(found.weights[0, 0], np.sort(rows, axis=None)[::-1][:9], rtol=1e-6)


def test_weights_of_a_dot_product_keep_their_sign_and_are_ordered_by_size():
    inputs = keras.Input((4, 4, 6))
    layer = layers.NonLocal2D(instantiation="dot_product", name="a_nonlocal")
    model = spread_weights(keras.Model(inputs, layer(inputs)))
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 6)).astype("float32")
    weights = explain.top_positions(model, x, queries=[(1, 1)], k=16).weights[0, 0]
    assert weights.min() < 0 < weights.max()
    assert (np.diff(np.abs(weights)) <= 0).all()


def test_positions_without_attention_are_minus_one():
    model = models.nl_i3d_small(axes="time", classes=3, variant="slowfast")
    x = np.random.default_rng(0).normal(size=(1, 8, 32, 32, 3)).astype("float32")
    found = explain.top_positions(model, x, queries=[(1, 2, 3)], k=6, other_frames=True)
    assert set(found.positions[0, 0, :3, 0]) == {0, 2, 3}
    assert (found.positions[0, 0, :3, 1:] == (2, 3)).all()
    assert (found.positions[0, 0, 3:] == -1).all()
    assert (found.weights[0, 0, 3:] == 0).all()
    space = models.nl_i3d_small(axes="space", classes=3)
    with pytest.raises(ValueError, match="attends to no other frame: axes='space'"):
        explain.top_positions(space, x, other_frames=True)


def test_the_default_query_is_where_a_clip_moves(video_model, clip):
    both = np.concatenate([clip, clip[:, :, ::-1]])  # the second clip is upside down
    found = explain.top_positions(video_model, both)
    frame, row, column = found.pixels.centers(found.queries[0, 0])
    assert 2 <= frame <= 5
    assert 36 <= row <= 60
    assert 4 <= column <= 28
    assert found.pixels.centers(found.queries[1, 0])[1] < 28


def test_queries_in_pixels(video_model, clip):
    at = explain.top_positions(video_model, clip, queries=explain.Position(3, 17, 38))
    # Padding is the same on both sides, so that cell i of a stride of 8 is at pixel 8 i.
    assert at.queries.tolist() == [[[1, 2, 5]]]
    assert at.pixels.centers(at.queries).tolist() == [[[2.5, 16, 40]]]
    box = explain.Box(x0=8, y0=15, x1=25, y1=33, frame=3)
    within = explain.top_positions(video_model, clip, queries=box).queries[0]
    assert {tuple(each) for each in within} == {(1, r, c) for r in (2, 3, 4) for c in (1, 2, 3)}
    tiny = explain.top_positions(video_model, clip, queries=explain.Box(18, 10, 19, 11, 0))
    assert tiny.queries.tolist() == [[[0, 1, 2]]]


def test_the_strongest_query_has_the_largest_evidence(video_model, clip):
    evidence = class_evidence(video_model, clip)
    found = explain.top_positions(video_model, clip, queries="strongest")
    assert evidence[0][tuple(found.queries[0, 0])] == evidence.max() > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"block": "res2_0_nonlocal"}, "one of res3_1_nonlocal, res4_0_nonlocal"),
        ({"queries": [(99, 0, 0)]}, "must lie on the grid"),
        ({"queries": [(0.5, 0, 0)]}, "must be integer coordinates"),
        ({"queries": [(0, 0)]}, r"integer positions \(Q, 3\) on the grid"),
        ({"queries": "loudest"}, "one of 'motion', 'strongest'"),
        ({"queries": explain.Box(5, 5, 2, 9)}, "needs x0 < x1"),
        ({"k": 0}, "`k` must be a positive integer"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message, video_model, clip):
    with pytest.raises(ValueError, match=message):
        explain.top_positions(video_model, clip, **arguments)


def test_models_without_blocks_and_images_without_time_are_refused(keypoint_model, people, clip):
    with pytest.raises(ValueError, match="has no non-local block"):
        explain.top_positions(models.c2d_small(), clip)
    with pytest.raises(ValueError, match="sees regions"):
        explain.top_positions(keypoint_model, people, queries=explain.Position(0, 3, 3))
    with pytest.raises(ValueError, match="which sees images"):
        explain.top_positions(keypoint_model, people, other_frames=True)
