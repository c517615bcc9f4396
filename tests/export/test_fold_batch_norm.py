"""Folded networks give the same outputs without batch norms."""

import keras
import numpy as np
import pytest
from backend import answer
from keras import layers

from keras_nonlocal import models
from keras_nonlocal.export.fold_batch_norm import fold_batch_norm
from keras_nonlocal.layers import NonLocal2D, NonLocal3D


def with_statistics(model, seed=0):
    """Sets the weights of batch norms as after training, and returns the model."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.path.endswith(("gamma", "moving_variance")):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.path.endswith(("beta", "moving_mean", "out/bias")):
            weight.assign(rng.normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize("builder", ["nl_i3d_small", "nl_c2d_small"])
@pytest.mark.parametrize("variant", ["official_8x8", "mmaction2", "official_long_32x4"])
def test_folded_networks_give_the_same_probabilities(builder, variant):
    model = with_statistics(getattr(models, builder)(variant=variant))
    folded = fold_batch_norm(model)
    x = np.random.default_rng(1).normal(size=(2, 32, 64, 64, 3)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-4, atol=1e-6)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in folded.layers)
    assert all(layer.norm_type is None for layer in folded.layers if isinstance(layer, NonLocal3D))


def test_the_model_is_not_changed():
    model = with_statistics(models.nl_c2d_small())
    before = [weight.numpy().copy() for weight in model.weights]
    fold_batch_norm(model)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), old)


def test_a_norm_that_is_not_the_only_reader_stays():
    inputs = keras.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, name="shared")(inputs)
    outputs = layers.Add()([layers.BatchNormalization(name="norm")(y), y])
    model = with_statistics(keras.Model(inputs, outputs))
    folded = fold_batch_norm(model)
    assert isinstance(folded.get_layer("norm"), layers.BatchNormalization)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-5)


def _conv_and_norm(x, *, conv=None, norm=None, call=None):
    y = layers.Conv2D(4, 3, **(conv or {}))(x)
    return y, layers.BatchNormalization(**(norm or {}))(y, **(call or {}))


UNFOLDABLE = {
    "an activation between": lambda x: _conv_and_norm(x, conv={"activation": "relu"})[1],
    "the convolution is an output, too": lambda x: list(_conv_and_norm(x)),
    "it always uses the batch": lambda x: _conv_and_norm(x, call={"training": True})[1],
    "of another axis": lambda x: _conv_and_norm(x, norm={"axis": 1})[1],
}


@pytest.mark.parametrize("outputs", UNFOLDABLE.values(), ids=UNFOLDABLE)
def test_norms_that_no_kernel_can_absorb_stay(outputs):
    inputs = keras.Input((8, 8, 3))
    assert_same_outputs(keras.Model(inputs, outputs(inputs)), norms=1)


def test_shared_norms_and_convolutions_stay():
    inputs = keras.Input((8, 8, 3))
    norm, convolution = layers.BatchNormalization(), layers.Conv2D(4, 3)
    shared_norm = [norm(layers.Conv2D(4, 3)(inputs)) for _ in range(2)]
    shared = [layers.BatchNormalization()(convolution(x)) for x in (inputs, 2 * inputs)]
    assert_same_outputs(keras.Model(inputs, [*shared_norm, *shared]), norms=3)


def test_inner_models_are_folded():
    inputs = keras.Input((8, 8, 3))
    features = keras.Model(inputs, NonLocal2D()(_conv_and_norm(inputs)[1]))
    assert_same_outputs(keras.Model(inputs, layers.Dense(3)(features(inputs))), norms=0)


def test_an_inner_model_that_is_called_with_training_stays():
    inner_inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3)(inner_inputs)
    inner = keras.Model(inner_inputs, layers.BatchNormalization()(x))
    inputs = keras.Input((12, 12, 3))
    model = keras.Model(inputs, inner(inputs, training=True))
    x = np.random.default_rng(0).normal(3, 2, (4, 12, 12, 3)).astype("float32")
    np.testing.assert_allclose(answer(fold_batch_norm(model), x), answer(model, x), atol=1e-5)


def test_a_norm_with_a_mask_stays():
    inputs, mask = keras.Input((12, 4)), keras.Input((10,), dtype="bool")
    normed = layers.BatchNormalization()(layers.Conv1D(5, 3)(inputs), mask=mask)
    folded = fold_batch_norm(keras.Model([inputs, mask], normed))
    assert any(isinstance(layer, layers.BatchNormalization) for layer in folded.layers)


def test_a_sequential_model_is_folded():
    stack = [layers.Conv2D(4, 3), layers.BatchNormalization(), NonLocal2D()]
    assert_same_outputs(keras.Sequential([keras.Input((8, 8, 3)), *stack]), norms=0)


def test_a_block_of_another_model_is_folded():
    block = NonLocal2D(instantiation="concatenation")
    inputs = keras.Sequential([keras.Input((8, 8, 3)), block]).inputs[0]
    assert_same_outputs(keras.Model(inputs, block(2 * inputs)), norms=0)


def assert_same_outputs(model, norms):
    """Compares outputs, and the number of remaining batch norms."""
    folded = fold_batch_norm(with_statistics(model))
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    for one, other in zip(*(keras.tree.flatten(each(x)) for each in (folded, model)), strict=True):
        one, other = map(keras.ops.convert_to_numpy, (one, other))
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    left = [
        each for each in folded._flatten_layers() if isinstance(each, layers.BatchNormalization)
    ]
    assert len(left) == norms


@pytest.mark.parametrize("invalid", [None, np.zeros(3), keras.Sequential([layers.Dense(2)])])
def test_invalid_models_are_refused(invalid):
    with pytest.raises(ValueError, match="built functional or sequential model"):
        fold_batch_norm(invalid)


def test_a_folded_network_can_be_saved(tmp_path):
    folded = fold_batch_norm(with_statistics(models.nl_i3d_small()))
    folded.save(tmp_path / "folded.keras")
    again = keras.models.load_model(tmp_path / "folded.keras")
    x = np.random.default_rng(0).normal(size=(1, 16, 64, 64, 3)).astype("float32")
    np.testing.assert_array_equal(answer(again, x), answer(folded, x))


class Unnamed(keras.layers.Layer):
    """A layer whose configuration lacks its name."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale

    def get_config(self):
        return {}


def adapted():
    layer = keras.layers.Normalization()
    layer.adapt(np.random.default_rng(0).normal(5.0, 3.0, (64, 6, 6, 3)))
    return layer


@pytest.mark.parametrize(
    "make",
    [
        adapted,
        lambda: keras.layers.Lambda(lambda x: x * 2 + 1),
        Unnamed,
        lambda: keras.layers.Discretization(bin_boundaries=[0.0, 1.0]),
    ],
    ids=["adapted normalization", "lambda", "unnamed", "discretization"],
)
def test_layers_that_a_configuration_does_not_describe_are_kept(make):
    inputs = keras.Input((6, 6, 3), name="pixels")
    x = keras.ops.cast(make()(inputs), "float32")
    x = keras.layers.Conv2D(4, 3, use_bias=False)(x)
    outputs = keras.layers.BatchNormalization()(x)
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(1)
    for weight in model.layers[-1].weights:
        weight.assign(rng.uniform(0.5, 2.0, weight.shape))
    x = rng.normal(5.0, 3.0, (2, 6, 6, 3)).astype("float32")
    folded = fold_batch_norm(model)
    assert not any(isinstance(each, keras.layers.BatchNormalization) for each in folded.layers)
    assert folded.layers[0].name == "pixels"
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    found = keras.ops.convert_to_numpy(folded(x, training=False))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def lively(model):
    """Sets all weights to numbers at which each of them matters, and returns the model."""
    rng = np.random.default_rng(4)
    for weight in model.weights:
        if "float" in weight.dtype:
            weight.assign(rng.uniform(0.1, 0.6, weight.shape))
    return model


def block_model(instantiation="embedded_gaussian"):
    inputs = keras.Input((2, 6, 6, 8))
    y = layers.Conv3D(8, 1, use_bias=False, name="conv")(inputs)
    y = layers.BatchNormalization()(y)
    block = NonLocal3D(instantiation=instantiation, name="block")
    return lively(keras.Model(inputs, block(y)))


@pytest.mark.parametrize("instantiation", ["gaussian", "embedded_gaussian", "concatenation"])
def test_weights_of_lora_become_part_of_the_kernels(instantiation):
    model = block_model(instantiation)
    block = model.get_layer("block")
    for layer in (model.get_layer("conv"), block.g, block.out):
        layer.enable_lora(2)
    if instantiation != "gaussian":
        block.theta.enable_lora(2)
    lively(model)
    folded = fold_batch_norm(model)
    assert not any("lora" in weight.path for weight in folded.weights)
    assert not any("moving" in weight.path for weight in folded.weights)
    x = np.random.default_rng(0).normal(size=(2, 2, 6, 6, 8)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("instantiation", ["gaussian", "embedded_gaussian", "concatenation"])
def test_a_quantized_block_keeps_its_norm_and_its_outputs(instantiation):
    model = block_model(instantiation)
    model.quantize("int8")
    folded = fold_batch_norm(model)
    moving = [weight.path for weight in folded.weights if "moving" in weight.path]
    assert moving == ["block/norm/moving_mean", "block/norm/moving_variance"]
    x = np.random.default_rng(0).normal(size=(2, 2, 6, 6, 8)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-4, atol=1e-3)
