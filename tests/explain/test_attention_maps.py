"""Rows of attention of any block: against NumPy, a few at a time, in models of all kinds."""

import keras
import numpy as np
import pytest
from explain.attention_oracle import attention
from explain.conftest import spread_weights

from keras_nonlocal import explain, layers
from keras_nonlocal.explain import rows as module
from keras_nonlocal.explain.recording import blocks_of
from keras_nonlocal.surgery import insert_nonlocal

CASES = {
    "gaussian": (layers.NonLocal1D, (7,), {"instantiation": "gaussian", "pool_size": 2}),
    "embedded": (layers.NonLocal3D, (2, 5, 4), {"pool_size": (1, 2, 2), "scale": True}),
    "before": (
        layers.NonLocal3D,
        (2, 4, 4),
        {"pool_size": (1, 2, 2), "pool_position": "before"},
    ),
    "dot_product": (layers.NonLocal2D, (4, 5), {"instantiation": "dot_product", "pool_size": 2}),
    "concatenation": (
        layers.NonLocal2D,
        (4, 4),
        {"instantiation": "concatenation", "pool_size": 2},
    ),
    "space": (layers.NonLocal3D, (3, 3, 4), {"axes": "space"}),
    "time": (layers.NonLocal3D, (3, 2, 2), {"axes": "time"}),
}


def model_of(layer, grid, options, channels=6):
    inputs = keras.Input((*grid, channels))
    return spread_weights(keras.Model(inputs, layer(name="a_nonlocal", **options)(inputs)))


@pytest.mark.parametrize("case", CASES)
def test_maps_are_those_of_the_definition(case):
    layer, grid, options = CASES[case]
    model = model_of(layer, grid, options)
    x = np.random.default_rng(1).normal(size=(2, *grid, 6)).round(1).astype("float32")  # with ties
    queries = [tuple(size - 1 for size in grid), (0,) * len(grid)]
    found = explain.attention_maps(model, x, queries)
    expected = [
        [attention(model.get_layer("a_nonlocal"), sample, query) for query in queries]
        for sample in x
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_masked_positions_get_nothing():
    inputs = keras.Input((6, 4))
    masked = keras.layers.Masking(0.0)(inputs)
    model = keras.Model(inputs, layers.NonLocal1D(pool_size=2, name="a_nonlocal")(masked))
    spread_weights(model)
    x = np.random.default_rng(0).normal(size=(1, 6, 4)).astype("float32")
    x[0, 3:] = 0
    valid = np.arange(6) < 3
    row = explain.attention_maps(model, x, [(1,)])[0, 0]
    expected = attention(model.get_layer("a_nonlocal"), x[0], (1,), valid)
    np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-6)
    assert row[3:].sum() == 0


def test_rows_of_a_disentangled_block_are_those_of_its_pairwise_term():
    model = model_of(layers.DisentangledNonLocal2D, (3, 4), {"temperature": 1.0, "scale": False})
    x = np.random.default_rng(0).normal(size=(1, 3, 4, 6)).astype("float32")
    layer = model.get_layer("a_nonlocal")
    flat = x.reshape(-1, 6)
    theta, phi = (flat @ np.asarray(each.kernel) for each in (layer.theta, layer.phi))
    logits = (theta - theta.mean(0)) @ (phi - phi.mean(0)).T
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = explain.attention_maps(model, x, [(1, 2)])[0, 0]
    np.testing.assert_allclose(found.ravel(), expected[6], rtol=1e-4)


def test_the_whole_matrix_never_exists(monkeypatch):
    """All 48 positions are asked, and the layer is asked for five at a time."""
    model = model_of(layers.NonLocal3D, (3, 4, 4), {"pool_size": (1, 2, 2)})
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 4, 6)).astype("float32")
    everywhere = np.stack(np.unravel_index(np.arange(48), (3, 4, 4)), axis=-1)
    at_once = explain.top_positions(model, x, queries=everywhere, k=6)
    layer, sizes = model.get_layer("a_nonlocal"), []
    rows = layer.attention

    def counted(x, positions, mask=None):
        sizes.append((len(x), len(positions)))
        return rows(x, positions, mask)

    monkeypatch.setattr(module, "VALUES_AT_ONCE", 5 * 48)
    monkeypatch.setattr(layer, "attention", counted)
    in_parts = explain.top_positions(model, x, queries=everywhere, k=6)
    assert sizes == [(1, 5)] * 9 + [(1, 3)] + [(1, 5)] * 9 + [(1, 3)]
    np.testing.assert_array_equal(in_parts.positions, at_once.positions)
    np.testing.assert_allclose(in_parts.weights, at_once.weights, rtol=1e-6)


def test_a_block_within_a_model_within_a_model():
    inner = keras.Sequential([keras.Input((8, 8, 4)), keras.layers.Conv2D(6, 1, name="conv")])
    inner.name = "inner"
    inputs = keras.Input((8, 8, 4))
    model = insert_nonlocal(keras.Model(inputs, inner(inputs)), "inner/conv")
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype("float32")
    layer = blocks_of(spread_weights(model))["inner/conv_nonlocal"]
    rows = explain.attention_maps(model, x, [(2, 3)], "inner/conv_nonlocal")
    features = np.asarray(inner(x))  # the old model, which shares the layer
    np.testing.assert_allclose(
        rows[0, 0], attention(layer, features[0], (2, 3)), rtol=1e-4, atol=1e-6
    )


def test_layers_are_left_as_they_were(video_model, clip):
    layer = video_model.get_layer("res3_1_nonlocal")
    explain.attention_maps(video_model, clip, [(0, 0, 0)])
    assert "call" not in vars(layer)
    with pytest.raises(ValueError, match="must lie on the grid"):
        explain.attention_maps(video_model, clip, [(99, 0, 0)])
    assert "call" not in vars(layer)


def test_a_relative_without_rows_is_named():
    model = model_of(layers.GlobalContext2D, (4, 4), {})
    with pytest.raises(ValueError, match=r"a_nonlocal \(GlobalContext2D\), whose attention has no"):
        explain.attention_maps(model, np.zeros((1, 4, 4, 6)), [(0, 0)])
