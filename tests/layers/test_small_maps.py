"""Maps smaller than the pooling window are refused by name, also where a graph knows no sizes."""

import subprocess
import sys

import backend
import keras
import numpy as np
import pytest

from keras_nonlocal.layers import MaxPool3D, NonLocal1D, NonLocal2D, NonLocal3D

pytestmark = pytest.mark.skipif(backend.NAME != "tensorflow", reason="graphs of unknown sizes")
LAYERS = (NonLocal1D, NonLocal2D, NonLocal3D)


def graph_of(layer):
    import tensorflow as tf

    dynamic = keras.Input((*[None] * layer.rank, 8))
    model = keras.Model(dynamic, layer(dynamic))
    signature = tf.TensorSpec((None, *[None] * layer.rank, 8))
    return model, tf.function(lambda x: model(x), input_signature=[signature])


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize("instantiation", ["embedded_gaussian", "dot_product", "concatenation"])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_graph_of_unknown_sizes_names_the_least_size(kind, instantiation, position):
    import tensorflow as tf

    layer = kind(pool_size=2, instantiation=instantiation, pool_position=position)
    _, graph = graph_of(layer)
    assert graph(np.ones((1, *[2] * kind.rank, 8), "float32")).shape[1:-1] == (2,) * kind.rank
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`pool_size` of .* at least \(2"):
        graph(np.ones((1, *[1] * kind.rank, 8), "float32"))


def test_the_pooling_of_a_network_names_the_least_size():
    import tensorflow as tf

    inputs = keras.Input((None, None, None, 8))
    model = keras.Model(inputs, MaxPool3D((2, 1, 1), name="pool2")(inputs))
    graph = tf.function(lambda x: model(x), input_signature=[tf.TensorSpec((1, *[None] * 3, 8))])
    assert graph(np.ones((1, 2, 1, 1, 8), "float32")).shape == (1, 1, 1, 1, 8)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"`pool2`.* at least \(2, 1, 1"):
        graph(np.ones((1, 1, 4, 4, 8), "float32"))


def test_an_exported_bundle_outlives_a_map_that_is_too_small(tmp_path):
    model, _ = graph_of(NonLocal2D(pool_size=2))
    model.export(tmp_path / "bundle", format="tf_saved_model", verbose=False)
    program = (
        "import sys, numpy as np, tensorflow as tf\n"
        "bundle = tf.saved_model.load(sys.argv[1])\n"
        "try:\n"
        "    bundle.serve(np.ones((1, 1, 1, 8), 'float32'))\n"
        "except tf.errors.InvalidArgumentError as error:\n"
        "    assert 'at least (2, 2)' in str(error), error\n"
        "else:\n"
        "    raise AssertionError\n"
        "print(bundle.serve(np.ones((1, 4, 4, 8), 'float32')).shape)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "bundle")], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "(1, 4, 4, 8)"
