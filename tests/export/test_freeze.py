"""Frozen networks give the outputs of the model at the time of freezing."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from export.test_fold_batch_norm import with_statistics
from keras import layers

from keras_nonlocal import models
from keras_nonlocal.export.freeze import freeze


def clips(frames=16, size=64):
    return np.random.default_rng(1).normal(size=(2, frames, size, size, 3)).astype("float32")


@pytest.mark.parametrize("constant", [True, False])
def test_same_outputs_with_constants_or_variables(constant):
    model = with_statistics(models.nl_i3d_small(variant="mmaction2"))
    frozen = freeze(model, constant_weights=constant)
    for x in (clips(), clips(frames=32, size=96)):
        np.testing.assert_allclose(frozen(x), model(x), rtol=1e-4, atol=1e-6)
        assert constant != bool(frozen.get_concrete_function(tf.constant(x)).variables)


@pytest.mark.parametrize("constant", [True, False])
def test_later_training_does_not_change_a_frozen_network(constant):
    model = with_statistics(models.nl_c2d_small())
    frozen, x = freeze(model, constant_weights=constant), clips()
    before = frozen(x).numpy()
    with_statistics(model, seed=1)
    np.testing.assert_array_equal(frozen(x), before)
    assert np.abs(model(x) - before).max() > 1e-3


@pytest.mark.parametrize("invalid", [None, keras.Sequential([layers.Dense(2)])])
def test_invalid_models_are_refused(invalid):
    with pytest.raises(ValueError, match="built functional or sequential model"):
        freeze(invalid)


def test_several_inputs_are_refused():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    with pytest.raises(ValueError, match="one input"):
        freeze(keras.Model(inputs, layers.Add()(inputs)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["conv1_conv/kernel", "conv1_norm/moving_mean"])
def test_a_weight_that_is_not_finite_is_refused_by_its_name(name, value):
    model = models.c2d_small(classes=2)
    (weight,) = (each for each in model.weights if each.path == name)
    weight.assign(np.full(weight.shape, value))
    with pytest.raises(ValueError, match=rf"must be finite numbers.*\['{name}'\]"):
        freeze(model)


def test_a_negative_variance_is_refused_by_its_name():
    model = models.c2d_small(classes=2)
    model.get_layer("conv1_norm").moving_variance.assign(np.full(16, -1.0))
    with pytest.raises(ValueError, match=r"negative variances.*'conv1_norm/moving_variance'"):
        freeze(model)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_inputs_and_outputs_that_are_not_finite_are_an_error(value):
    inputs = keras.Input((4,))
    frozen = freeze(keras.Model(inputs, layers.ReLU()(inputs)))
    x = np.ones((1, 4), "float32")
    assert frozen(x).numpy().tolist() == [[1, 1, 1, 1]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="inputs of a frozen network"):
        frozen(x * value)
    overflows = freeze(keras.Model(inputs, layers.Rescaling(1e30)(inputs)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="outputs of a frozen network"):
        overflows(x * 1e30)
