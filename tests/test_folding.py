"""Folded networks answer as before, without batch norms."""

import keras
import numpy as np
import pytest
from backend import answer
from keras import layers

from keras_nonlocal import fold_batch_norm, models
from keras_nonlocal.layers import NonLocal3D


def with_statistics(model, seed=0):
    """Norms as after training."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.path.endswith(("gamma", "moving_variance")):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith(("beta", "moving_mean", "out/bias")):
            weight.assign(rng.normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize("builder", ["nl_i3d_small", "nl_c2d_small"])
@pytest.mark.parametrize("variant", ["official_8x8", "mmaction2", "official_long_32x4"])
def test_a_folded_network_gives_the_same_probabilities(builder, variant):
    model = with_statistics(getattr(models, builder)(variant=variant))
    folded = fold_batch_norm(model)
    x = np.random.default_rng(1).normal(size=(2, 32, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-4, atol=1e-6)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in folded.layers)
    assert all(layer.norm_type is None for layer in folded.layers if isinstance(layer, NonLocal3D))


def test_the_model_itself_is_not_changed():
    model = with_statistics(models.nl_c2d_small())
    before = [weight.numpy().copy() for weight in model.weights]
    fold_batch_norm(model)
    for weight, kept in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), kept)


def test_a_norm_that_is_not_alone_after_its_convolution_stays():
    inputs = keras.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, name="shared")(inputs)
    outputs = layers.Add()([layers.BatchNormalization(name="kept")(y), y])
    model = with_statistics(keras.Model(inputs, outputs))
    folded = fold_batch_norm(model)
    assert isinstance(folded.get_layer("kept"), layers.BatchNormalization)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-5)


@pytest.mark.parametrize("wrong", [None, np.zeros(3), keras.Sequential([layers.Dense(2)])])
def test_what_is_no_built_model_is_refused(wrong):
    with pytest.raises(ValueError, match="built functional model"):
        fold_batch_norm(wrong)


def test_a_folded_network_can_be_saved(tmp_path):
    folded = fold_batch_norm(with_statistics(models.nl_i3d_small()))
    folded.save(tmp_path / "folded.keras")
    again = keras.models.load_model(tmp_path / "folded.keras")
    x = np.random.default_rng(0).normal(size=(1, 16, 64, 64, 3)).astype("float32")
    np.testing.assert_array_equal(answer(again, x), answer(folded, x))
