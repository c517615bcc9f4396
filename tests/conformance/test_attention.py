"""`attention` returns rows of the affinity of the layer."""

import itertools

import backend
import keras
import numpy as np
import oracle
import pytest
from conformance.cases import NON_LOCAL_CASES, each_non_local, trained


@each_non_local
def test_softmax_rows_sum_to_one(case):
    layer = trained(case.make(), case)
    last = tuple(size - 1 for size in case.shape[1:-1])
    rows = keras.ops.convert_to_numpy(layer.attention(case.input(), [(0,) * layer.rank, last]))
    grid = tuple(n // p for n, p in zip(case.shape[1:-1], layer.pool_sizes, strict=True))
    assert rows.shape == (case.shape[0], 2, *grid)
    if layer.instantiation in oracle.SOFTMAX:
        np.testing.assert_allclose(rows.reshape(*rows.shape[:2], -1).sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "case", [case for case in NON_LOCAL_CASES if case.shape[0] == 2], ids=lambda case: case.name
)
def test_output_equals_attention_times_g(case):
    """The output is `z = x + norm(out(rows @ g))`."""
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
    expected = backend.answer(layer, x)
    np.testing.assert_allclose(x + keras.ops.convert_to_numpy(y), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["clip", "clip_space", "clip_time_groups"])
def test_rows_keep_the_order_of_positions(name):
    """Positions may be repeated, with positions of other sets between them."""
    case = next(case for case in NON_LOCAL_CASES if case.name == name)
    layer = trained(case.make(), case)
    positions = [(3, 2, 1), (0, 3, 5), (1, 2, 1), (3, 2, 1), (0, 0, 0)]
    together = keras.ops.convert_to_numpy(layer.attention(case.input(), positions))
    for index, position in enumerate(positions):
        alone = keras.ops.convert_to_numpy(layer.attention(case.input(), [position]))
        np.testing.assert_allclose(together[:, index : index + 1], alone, rtol=1e-5, atol=1e-7)


@each_non_local
def test_a_tensor_has_other_positions_in_each_sample(case):
    layer, x = trained(case.make(), case), case.input()
    last = [size - 1 for size in case.shape[1:-1]]
    positions = np.array([[[0] * layer.rank, last], [last, [1] * layer.rank]])
    found = layer.attention(x, keras.ops.convert_to_tensor(positions))
    for sample in (0, 1):
        alone = layer.attention(x[sample : sample + 1], positions[sample])
        rows = (keras.ops.convert_to_numpy(each) for each in (found[sample], alone[0]))
        np.testing.assert_allclose(*rows, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(backend.NAME != "tensorflow", reason="graphs are TensorFlow's")
def test_attention_in_a_graph():
    import tensorflow as tf

    case = next(case for case in NON_LOCAL_CASES if case.name == "clip_groups")
    layer, positions = trained(case.make(), case), [(3, 1, 2)]
    in_graph = tf.function(lambda x: layer.attention(x, positions))(case.input())
    np.testing.assert_allclose(in_graph, layer.attention(case.input(), positions), rtol=1e-6)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([(0, 0)], r"shape \(K, 3\)"),
        (np.zeros((0, 3), int), "at least one row"),
        ([(0.5, 0, 0)], "integer coordinates"),
        ([(0, 9, 0)], "must lie on the grid"),
        ([(0, -1, 0)], "must lie on the grid"),
    ],
)
def test_invalid_positions_are_refused(positions, message):
    case = next(case for case in NON_LOCAL_CASES if case.name == "clip")
    with pytest.raises(ValueError, match=message):
        case.make().attention(case.input(), positions)
