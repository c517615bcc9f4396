"""`attention` gives rows of the affinity that the layer uses, without forming the rest."""

import itertools

import backend
import keras
import numpy as np
import oracle
import pytest
from conformance.cases import CASES, each_case, trained


@each_case
def test_attention_rows_sum_to_one_in_the_softmax_forms(case):
    layer = trained(case.make(), case)
    last = tuple(size - 1 for size in case.shape[1:-1])
    rows = keras.ops.convert_to_numpy(layer.attention(case.input(), [(0,) * layer.rank, last]))
    grid = tuple(n // p for n, p in zip(case.shape[1:-1], layer.pool_sizes, strict=True))
    assert rows.shape == (case.shape[0], 2, *grid)
    if layer.instantiation in oracle.SOFTMAX:
        np.testing.assert_allclose(rows.reshape(*rows.shape[:2], -1).sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.shape[0] == 2], ids=lambda case: case.name
)
def test_the_layer_is_its_attention_times_g(case):
    """All rows together must give the layer's output: `z = x + norm(out(rows @ g))`."""
    layer = trained(case.make(), case)
    x = case.input()
    places = list(itertools.product(*map(range, case.shape[1:-1])))
    rows = keras.ops.convert_to_numpy(layer.attention(x, places)).reshape(2, len(places), -1)
    before = layer.pool_position == "before"
    g = np.asarray(x, "float64")
    g = oracle.max_pool(g, layer.pool_sizes) if before else g
    g = keras.ops.convert_to_numpy(layer.g(g.astype("float32")))
    g = g if before else oracle.max_pool(g, layer.pool_sizes)
    y = (rows @ g.reshape(2, -1, g.shape[-1])).reshape(*case.shape[:-1], -1)
    y = layer.out(y.astype("float32"))
    y = layer.norm(y, training=False) if layer.norm_type else y
    expected = keras.ops.convert_to_numpy(layer(x, training=False))
    np.testing.assert_allclose(x + keras.ops.convert_to_numpy(y), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["clip", "clip_space", "clip_time_groups"])
def test_rows_come_in_the_order_asked_for(name):
    """Also where one position is asked for twice, between positions of other sets."""
    case = next(case for case in CASES if case.name == name)
    layer = trained(case.make(), case)
    asked = [(3, 2, 1), (0, 3, 5), (1, 2, 1), (3, 2, 1), (0, 0, 0)]
    together = keras.ops.convert_to_numpy(layer.attention(case.input(), asked))
    for index, position in enumerate(asked):
        alone = keras.ops.convert_to_numpy(layer.attention(case.input(), [position]))
        np.testing.assert_allclose(together[:, index : index + 1], alone, rtol=1e-5, atol=1e-7)


@pytest.mark.skipif(backend.NAME != "tensorflow", reason="graphs are TensorFlow's")
def test_rows_can_be_asked_for_in_a_graph():
    import tensorflow as tf

    case = next(case for case in CASES if case.name == "clip_groups")
    layer, asked = trained(case.make(), case), [(3, 1, 2)]
    in_graph = tf.function(lambda x: layer.attention(x, asked))(case.input())
    np.testing.assert_allclose(in_graph, layer.attention(case.input(), asked), rtol=1e-6)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([(0, 0)], r"shape \(K, 3\)"),
        (np.zeros((0, 3), int), "one row or more"),
        ([(0.5, 0, 0)], "integer coordinates"),
        ([(0, 9, 0)], "must lie on the input's grid"),
        ([(0, -1, 0)], "must lie on the input's grid"),
    ],
)
def test_positions_off_the_grid_are_refused(positions, message):
    case = next(case for case in CASES if case.name == "clip")
    with pytest.raises(ValueError, match=message):
        case.make().attention(case.input(), positions)
