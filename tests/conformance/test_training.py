"""Training: frozen layers, and compilation with XLA."""

import backend
import keras
import numpy as np
import pytest
from conformance.cases import each_case, trained


@each_case
def test_frozen_layer_does_not_change(case):
    layer = trained(case.make(), case)
    layer.trainable = False
    x = case.input()
    model = keras.Sequential([keras.Input(case.shape[1:]), layer, keras.layers.Dense(3)])
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in layer.weights]
    model.compile("sgd", "mse", run_eagerly=True)
    model.train_on_batch(x, np.ones((*case.shape[:-1], 3)))
    assert layer.trainable_weights == []
    for weight, old in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), old)


@each_case
def test_trainable_false_freezes_all_sublayers(case):
    made = trained(case.make(trainable=False), case)
    later = trained(case.make(), case)
    later.trainable = False
    loaded = trained(type(later).from_config(later.get_config()), case)
    x = case.input()
    for layer in (made, loaded):
        assert not any(each.trainable for each in layer._flatten_layers())
        fixed, free = layer(x, training=False), layer(x, training=True)
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (fixed, free)))


@each_case
@pytest.mark.skipif(backend.NAME != "tensorflow", reason="jit_compile is tested on TensorFlow")
def test_xla_equals_eager_training(case):
    """Outputs before and weights after one training step are the same as without XLA."""
    results = []
    for how in ({"run_eagerly": True}, {"jit_compile": True}):
        layer = trained(case.make(), case)
        model = keras.Sequential([keras.Input(case.shape[1:]), layer])
        model.compile(keras.optimizers.SGD(0.1), "mse", **how)
        x = case.input()
        outputs = model.predict_on_batch(x)
        model.train_on_batch(x, np.roll(x, 1, axis=1))
        results.append([outputs, *(weight.numpy() for weight in layer.weights)])
    for plain, fast in zip(*results, strict=True):
        np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-5)
