"""Masked positions are no keys, so their values do not change other positions."""

import backend
import keras
import numpy as np
import pytest
from conformance.cases import CASES, each_case, trained

from keras_nonlocal.layers import NonLocal1D, NonLocal3D

ungrouped = [case for case in CASES if not case.config.get("temporal_groups")]


def padded_from(case, start):
    """Returns a mask over the first grid dimension that is valid before `start`."""
    return np.arange(case.shape[1])[None].repeat(case.shape[0], axis=0) < start


@each_case
def test_masked_values_do_not_change_valid_positions(case):
    layer = trained(case.make(), case)
    valid = case.shape[1] // 2
    mask, x = padded_from(case, valid), case.input()
    other = x.copy()
    other[:, valid:] = 1e3 * np.random.default_rng(7).normal(size=other[:, valid:].shape)
    first, second = (backend.answer(layer, clip, mask=mask) for clip in (x, other))
    np.testing.assert_array_equal(first[:, :valid], second[:, :valid])
    assert np.abs(first[:, valid:] - second[:, valid:]).max() > 1


@each_case
def test_masked_positions_change_no_output_and_no_gradient_whatever_they_hold(case):
    layer = trained(case.make(), case)
    keep = case.shape[1] // 2
    mask, x = padded_from(case, keep), case.input()

    def valid_positions(x):
        return layer(x, mask=mask, training=False)[:, :keep]

    dy = np.ones((case.shape[0], keep, *case.shape[2:]), "float32")
    run = backend.differentiated(valid_positions)
    expected, (slope,) = run([x], dy)
    for held in (1e30, np.nan, np.inf):
        other = x.copy()
        other[:, keep:] = held
        y, (gradient,) = run([other], dy)
        np.testing.assert_array_equal(y, expected, err_msg=f"{held}")
        np.testing.assert_array_equal(gradient[:, :keep], slope[:, :keep], err_msg=f"{held}")
        assert np.isfinite(gradient).all(), held


@pytest.mark.parametrize("case", ungrouped, ids=lambda case: case.name)
def test_masked_input_equals_shorter_input(case):
    pool = getattr(case.make(), "pool_sizes", (1,))[0]
    valid = case.shape[1] // 2 // pool * pool
    layer, x = trained(case.make(), case), case.input()
    masked = backend.answer(layer, x, mask=padded_from(case, valid))
    short = backend.answer(layer, x[:, :valid])
    np.testing.assert_allclose(masked[:, :valid], short, rtol=1e-5, atol=1e-5)


def test_mask_over_the_whole_grid():
    case = next(case for case in CASES if case.name == "clip_paper")
    layer, x = trained(case.make(), case), case.input()
    mask = np.ones(case.shape[:-1], bool)
    mask[:, :, :2, :2] = False  # one whole pooling window
    other = x.copy()
    other[:, :, :2, :2] = 50
    first, second = (backend.answer(layer, clip, mask=mask) for clip in (x, other))
    np.testing.assert_array_equal(first[mask], second[mask])


def test_output_is_finite_if_all_positions_are_masked():
    x = np.ones((1, 4, 3, 3, 2), "float32")
    layer = NonLocal3D(pool_size=(1, 2, 2))
    y = layer(x, mask=np.zeros((1, 4), bool), training=True)
    assert np.isfinite(keras.ops.convert_to_numpy(y)).all()


def test_masks_pass_through_a_model():
    tokens = np.array([[5, 3, 2, 0, 0], [1, 1, 1, 1, 1]])
    embed = keras.layers.Embedding(6, 8, mask_zero=True)
    layer = NonLocal1D()
    model = keras.Sequential([keras.Input((None,)), embed, layer])
    for weight in layer.weights:
        weight.assign(np.random.default_rng(0).normal(0.5, 0.1, weight.shape))
    padded = model.predict(tokens, verbose=0)[0, :3]
    alone = model.predict(tokens[:1, :3], verbose=0)[0]
    np.testing.assert_allclose(padded, alone, rtol=1e-5, atol=1e-5)
