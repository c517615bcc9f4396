"""BatchNorm equals the batch norm of Keras: outputs, gradients and moving statistics."""

import backend
import keras
import numpy as np
import pytest

from keras_nonlocal.layers import BatchNorm

SHAPES = [(6, 9, 8), (4, 5, 6, 8), (2, 3, 4, 5, 8), (5, 8)]


def outcome(kind, x, **options):
    """Output, input gradient and weights after one training step."""
    layer = kind(momentum=0.9, epsilon=1e-5, **options)
    layer.build(x.shape)
    rng = np.random.default_rng(1)
    for weight in layer.weights:
        weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    dy = rng.normal(size=x.shape).astype("float32")
    y, (dx,) = backend.value_and_gradients(lambda x: layer(x, training=True), [x], dy)
    statistics = [keras.ops.convert_to_numpy(weight) for weight in layer.weights]
    later = keras.ops.convert_to_numpy(keras.ops.cast(layer(x, training=False), "float32"))
    return [np.asarray(y, "float32"), np.asarray(dx, "float32"), later, *statistics]


@pytest.mark.skipif(backend.NAME == "jax", reason="a JAX layer keeps its state outside")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "mixed_float16", "float64"])
def test_training_step_equals_keras(shape, dtype):
    x = np.random.default_rng(0).normal(2, 3, size=shape).astype("float32")
    ours, theirs = (
        outcome(kind, x, dtype=dtype) for kind in (BatchNorm, keras.layers.BatchNormalization)
    )
    tolerance = 5e-2 if "16" in dtype else 2e-5
    for actual, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}, {"axis": 1}])
def test_other_configurations_equal_keras(options):
    x = np.random.default_rng(0).normal(size=(4, 5, 6, 8)).astype("float32")
    ours, theirs = (kind(**options) for kind in (BatchNorm, keras.layers.BatchNormalization))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours(x, training=True)),
        keras.ops.convert_to_numpy(theirs(x, training=True)),
        rtol=1e-5,
        atol=1e-5,
    )


def test_frozen_norm_is_constant():
    layer = BatchNorm(trainable=False)
    x = np.random.default_rng(0).normal(3, 2, size=(4, 5, 5, 8)).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x, training=True))
    np.testing.assert_allclose(y, x / np.sqrt(1 + 1e-3), rtol=1e-5)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer.moving_mean), np.zeros(8))
