"""A graph finds the positions that `top_positions` finds."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from conformance.cases import Case, trained

from keras_nonlocal.explain import top_positions
from keras_nonlocal.explain.graph_positions import top_positions_in_graph
from keras_nonlocal.layers import NonLocal2D, NonLocal3D

CLIP = (2, 4, 5, 7, 6)  # the last row and column are in no window of 2 x 2
LAYERS = {
    "plain": (NonLocal3D(), CLIP),
    "pooled before": (NonLocal3D(pool_size=(1, 2, 2), pool_position="before"), CLIP),
    "pooled after": (NonLocal3D(pool_size=2, pool_position="after"), CLIP),
    "dot product": (NonLocal3D(instantiation="dot_product"), CLIP),
    "concatenation": (NonLocal3D(instantiation="concatenation", pool_size=(1, 2, 2)), CLIP),
    "groups of frames": (NonLocal3D(temporal_groups=2, pool_size=(1, 2, 2)), CLIP),
    "time alone": (NonLocal3D(axes="time"), CLIP),  # four positions, of which five are asked
    "image": (NonLocal2D(pool_size=2), (2, 5, 6, 8)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_positions_and_weights_are_those_of_top_positions(name):
    layer, shape = LAYERS[name]
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    model = keras.Sequential([keras.Input(shape[1:]), layer])
    trained(layer, Case(name, type(layer), shape))
    last = [size - 1 for size in shape[1:-1]]
    queries = np.array([[[0] * layer.rank, last], [last, [1] * layer.rank]], "int32")
    expected = top_positions(model, x, queries=queries, k=5)
    find = tf.function(
        lambda x, queries: top_positions_in_graph(layer, x, queries, 5),
        input_signature=[
            tf.TensorSpec((None, *shape[1:])),
            tf.TensorSpec((None, None, layer.rank), tf.int32),
        ],
    )
    positions, weights = find(x, queries)
    np.testing.assert_allclose(weights, expected.weights, rtol=1e-5, atol=1e-6)
    apart = np.abs(np.diff(expected.weights, append=np.nan)) > 1e-5  # from the next weight
    apart &= np.abs(np.diff(expected.weights, prepend=np.nan)) > 1e-5
    assert apart.any() or name in ("concatenation", "pooled after")
    np.testing.assert_array_equal(positions.numpy()[apart], expected.positions[apart])
