"""Normalization layers are found, and precise statistics equal those of NumPy."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_nonlocal import models
from keras_nonlocal.layers import BatchNorm
from keras_nonlocal.training.norm_layers import norms, precise_batch_norm

host = keras.ops.convert_to_numpy


def batches(count, shape=(6, 4, 5, 5, 3), scale=3.0):
    rng = np.random.default_rng(0)
    return [rng.normal(1, scale, size=shape).astype("float32") for _ in range(count)]


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((4, 5, 5, 3)),
            layers.Conv3D(4, 1, name="conv"),
            BatchNorm(epsilon=1e-3, name="norm"),
            layers.ReLU(),
            layers.Dense(2, name="dense"),
            layers.BatchNormalization(epsilon=1e-3, name="norm_of_keras"),
        ]
    )


def statistics(layer):
    return host(layer.moving_mean), host(layer.moving_variance)


def test_precise_statistics_equal_numpy(network):
    given = batches(7)
    kernel, bias = (np.float64(host(w)) for w in network.get_layer("conv").weights)
    inner = [x @ kernel[0, 0, 0] + bias for x in given]
    # each batch is normalized by its own statistics, as in training
    normal = [
        (x - x.mean(axis=(0, 1, 2, 3))) / np.sqrt(x.var(axis=(0, 1, 2, 3)) + 1e-3) for x in inner
    ]
    kernel, bias = (np.float64(host(w)) for w in network.get_layer("dense").weights)
    outer = [np.maximum(x, 0) @ kernel + bias for x in normal]
    precise_batch_norm(network, given, count=7)
    for name, values in (("norm", inner), ("norm_of_keras", outer)):
        whole = np.concatenate(values).reshape(-1, values[0].shape[-1])
        for ours, expected in zip(
            statistics(network.get_layer(name)), (whole.mean(0), whole.var(0)), strict=True
        ):
            np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_only_count_batches_are_used(network):
    given = iter(batches(5))
    precise_batch_norm(network, given, count=3)
    assert len(list(given)) == 2


def test_batches_may_have_targets(network):
    plain = batches(2)
    precise_batch_norm(network, plain, count=2)
    expected = statistics(network.get_layer("norm"))
    precise_batch_norm(network, [(x, np.zeros(6)) for x in plain], count=2)
    for ours, theirs in zip(statistics(network.get_layer("norm")), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_frozen_norms_keep_their_statistics(network):
    network.get_layer("norm").trainable = False
    precise_batch_norm(network, batches(2), count=2)
    np.testing.assert_array_equal(statistics(network.get_layer("norm")), ([0] * 4, [1] * 4))
    assert np.abs(statistics(network.get_layer("norm_of_keras"))[0]).max() > 1e-3


def test_only_the_statistics_change_and_training_can_continue():
    model = models.nl_c2d_small(
        classes=3, input_shape=(4, 32, 32, 3), variant="slowfast", blocks=1, dropout=0.5
    )
    model.compile(keras.optimizers.SGD(0.01, 0.9), "sparse_categorical_crossentropy")
    x, y = batches(1, (2, 4, 32, 32, 3))[0], np.array([0, 1])
    model.train_on_batch(x, y)
    everything = [*model.variables, *model.optimizer.variables]
    before = {variable.path: host(variable).copy() for variable in everything}
    assert any("seed" in path for path in before)
    precise_batch_norm(model, [x], count=1)
    changed = {v.path for v in everything if not np.array_equal(host(v), before[v.path])}
    moving = {path for path in before if path.endswith(("moving_mean", "moving_variance"))}
    assert changed == moving
    assert any("nonlocal/norm" in path for path in moving)
    assert {layer.momentum for layer in model.layers if isinstance(layer, BatchNorm)} == {0.9}
    model.train_on_batch(x, y)
    mean = model.get_layer("conv1_norm").moving_mean
    assert np.abs(host(mean) - before[mean.path]).max() > 0


def test_too_few_batches_are_an_error_and_change_nothing(network):
    with pytest.raises(ValueError, match=r"at least `count` batches\. Received: 2 of 3"):
        precise_batch_norm(network, batches(2), count=3)
    np.testing.assert_array_equal(statistics(network.get_layer("norm")), ([0] * 4, [1] * 4))
    assert network.get_layer("norm").momentum == 0.99


def test_a_model_without_batch_norms_needs_no_batches():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    given = iter(batches(1))
    precise_batch_norm(model, given, count=3)
    assert len(list(given)) == 1


@pytest.mark.parametrize("count", [0, 1.5])
def test_invalid_count_is_an_error(network, count):
    with pytest.raises(ValueError, match="`count` must be a positive integer"):
        precise_batch_norm(network, batches(1), count=count)


def test_norms_are_found_in_nested_models_layers_and_lists():
    class Holder(layers.Layer):
        def __init__(self):
            super().__init__()
            self.items = [layers.LayerNormalization(name="listed"), layers.Dense(2)]
            self.one = layers.GroupNormalization(1, name="held")

        def call(self, x):
            return self.one(self.items[0](x))

    inner = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(name="inner")])
    model = keras.Sequential([keras.Input((4,)), inner, Holder()])
    assert sorted(layer.name for layer in norms(model)) == ["held", "inner", "listed"]
