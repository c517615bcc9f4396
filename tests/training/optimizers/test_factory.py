"""Optimizers of recipes equal SGD in plain NumPy, with weight decay, momentum and clipping."""

import backend
import keras
import numpy as np
import pytest
from keras import layers

from keras_nonlocal import models
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.optimizers.factory import CoupledSGD, optimizer
from keras_nonlocal.training.optimizers.schedules import learning_rate

host = keras.ops.convert_to_numpy


def recipe(**fields):
    return VideoRecipe(
        "nl_i3d_small", num_frames=8, frame_stride=8, size=(56, 56), steps=10, **fields
    )


def optimizer_of(recipe, model):
    return optimizer(recipe, learning_rate(recipe, 1), model)


def network():
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()])


class NumpySGD:
    """PyTorch's order: clip, decay, velocity, step; the velocity contains the rate, as in Keras."""

    def __init__(self, weights, decays, rate=0.01, momentum=0.9, nesterov=True, clip=None):
        self.weights = [np.float64(weight) for weight in weights]
        self.velocities = [np.zeros_like(weight) for weight in self.weights]
        self.decays, self.rate, self.clip = decays, rate, clip
        self.momentum, self.nesterov = momentum, nesterov

    def step(self, gradients):
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
        factor = 1 if self.clip is None or norm <= self.clip else self.clip / norm
        for at, gradient in enumerate(gradients):
            whole = self.rate * (gradient * factor + self.decays[at] * self.weights[at])
            self.velocities[at] = self.momentum * self.velocities[at] + whole
            ahead = self.momentum * self.velocities[at] + whole
            self.weights[at] -= ahead if self.nesterov else self.velocities[at]


@pytest.mark.skipif(backend.NAME == "jax", reason="a JAX optimizer keeps its state outside")
@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("clip", [None, 2.0, 100.0])
def test_five_steps_equal_numpy(nesterov, clip):
    model = network()
    sgd = optimizer_of(recipe(nesterov=nesterov, clip_norm=clip, weight_decay=0.1), model)
    rng = np.random.default_rng(0)
    decays = (0.1, 0.1, 0.0, 0.0)  # kernel and bias, but not the norm's scale and offset
    start = [host(weight) for weight in model.trainable_variables]
    reference = NumpySGD(start, decays, nesterov=nesterov, clip=clip)
    for _ in range(5):
        gradients = [rng.normal(size=weight.shape) for weight in start]
        tensors = [keras.ops.convert_to_tensor(each, "float32") for each in gradients]
        sgd.apply(tensors, model.trainable_variables)
        reference.step(gradients)
    for weight, expected in zip(model.trainable_variables, reference.weights, strict=True):
        np.testing.assert_allclose(host(weight), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.skipif(backend.NAME == "jax", reason="a JAX optimizer keeps its state outside")
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_an_update_from_three_batches_is_that_of_their_mean(name):
    options = {"optimizer": name, "weight_decay": 0.1}
    model, again, rng = network(), network(), np.random.default_rng(1)
    parts = optimizer_of(recipe(accumulated_batches=3, **options), model)
    whole = optimizer_of(recipe(**options), again)
    before = [host(weight).copy() for weight in model.trainable_variables]
    gradients = [[rng.normal(size=each.shape) for each in before] for _ in range(3)]
    for each in gradients:
        for weight, old in zip(model.trainable_variables, before, strict=True):
            np.testing.assert_array_equal(host(weight), old)
        parts.apply(list(map(tensor, each)), model.trainable_variables)
    means = [tensor(np.mean(each, 0)) for each in zip(*gradients, strict=True)]
    whole.apply(means, again.trainable_variables)
    for weight, expected in zip(model.trainable_variables, again.trainable_variables, strict=True):
        np.testing.assert_allclose(host(weight), host(expected), rtol=1e-5, atol=1e-7)


@pytest.mark.skipif(backend.NAME == "jax", reason="a JAX optimizer keeps its state outside")
def test_sgd_keeps_averages_of_the_weights():
    model = network()
    sgd = CoupledSGD(0.1, weight_decay=0.1, use_ema=True, ema_momentum=0.75)
    values = []
    for _ in range(3):
        zeros = [keras.ops.zeros(weight.shape) for weight in model.trainable_variables]
        sgd.apply(zeros, model.trainable_variables)
        values.append(host(model.trainable_variables[0]))
    average = values[0]
    for value in values[1:]:
        average = 0.75 * average + 0.25 * value
    sgd.finalize_variable_values(model.trainable_variables)
    np.testing.assert_allclose(host(model.trainable_variables[0]), average, rtol=1e-6)


def tensor(array):
    return keras.ops.convert_to_tensor(array, "float32")


@pytest.mark.parametrize("clip", [None, 0.5])
def test_fit_on_linear_regression_equals_numpy(clip):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(20, 4)), rng.normal(size=(20, 3))
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    start = [host(weight) for weight in model.trainable_variables]
    reference = NumpySGD(start, (0.1, 0.1), clip=clip)
    model.compile(optimizer_of(recipe(clip_norm=clip, weight_decay=0.1), model), "mse")
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    for rows, targets in zip(np.split(x, 5), np.split(y, 5), strict=True):
        kernel, bias = reference.weights
        error = 2 * (rows @ kernel + bias - targets) / targets.size
        reference.step([rows.T @ error, error.sum(axis=0)])
    for weight, expected in zip(model.trainable_variables, reference.weights, strict=True):
        np.testing.assert_allclose(host(weight), expected, rtol=1e-6, atol=1e-6)


def test_weight_decay_adds_no_loss_and_two_optimizers_do_not_double_it():
    model = network()
    for _ in range(2):
        sgd = optimizer_of(recipe(weight_decay=0.5), model)
    assert sgd.weight_decay_in_gradient == 0.5
    assert model.losses == []
    before = host(model.trainable_variables[0]).copy()
    zeros = [keras.ops.zeros(weight.shape) for weight in model.trainable_variables]
    sgd.build(model.trainable_variables)
    if backend.NAME == "jax":
        state = [host(variable) for variable in sgd.variables]
        weights = [host(variable) for variable in model.trainable_variables]
        after = sgd.stateless_apply(state, zeros, weights)[0][0]
    else:
        sgd.apply(zeros, model.trainable_variables)
        after = host(model.trainable_variables[0])
    np.testing.assert_allclose(after, before * (1 - 1.9 * 0.01 * 0.5), rtol=1e-6)


def test_normalization_layers_of_a_video_network_do_not_decay():
    model = models.nl_i3d_small(classes=5, variant="slowfast", blocks=2)
    no_decay = optimizer_of(recipe(), model).no_weight_decay
    names = {path.rsplit("/", 1)[1] for path in no_decay}
    assert names == {"gamma", "beta"}
    assert len(no_decay) == sum("norm" in v.path for v in model.trainable_variables)
    assert any("nonlocal/norm" in path for path in no_decay)


@pytest.mark.skipif(backend.NAME == "jax", reason="a JAX optimizer keeps its state outside")
def test_adamw_weight_decay_is_decoupled_and_skips_norms():
    model = network()
    adamw = optimizer_of(recipe(optimizer="adamw", weight_decay=0.5, clip_norm=3.0), model)
    assert adamw.global_clipnorm == 3.0
    before = [host(weight).copy() for weight in model.trainable_variables]
    adamw.apply([keras.ops.zeros(weight.shape) for weight in before], model.trainable_variables)
    for weight, old, factor in zip(
        model.trainable_variables, before, (0.995, 0.995, 1, 1), strict=True
    ):
        np.testing.assert_allclose(host(weight), old * factor, rtol=1e-6)


def test_sgd_survives_serialization():
    sgd = optimizer_of(recipe(clip_norm=2.0, schedule="cosine", warmup=2), network())
    again = keras.optimizers.deserialize(keras.optimizers.serialize(sgd))
    assert isinstance(again, CoupledSGD)
    assert again.get_config() == sgd.get_config()


def test_the_averages_of_sgd_survive_serialization():
    options = {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 5}
    options["gradient_accumulation_steps"] = 4
    again = keras.optimizers.deserialize(keras.optimizers.serialize(CoupledSGD(0.1, **options)))
    assert {name: getattr(again, name) for name in options} == options


def test_clipping_of_accumulated_gradients_is_an_error():
    with pytest.raises(ValueError, match=r"must be None with `gradient_acc.*clip_norm=2\.0"):
        CoupledSGD(0.1, clip_norm=2.0, gradient_accumulation_steps=4)
    with pytest.raises(ValueError, match=r"must be None with `accumulated_b.*clip_norm=2\.0"):
        recipe(clip_norm=2.0, accumulated_batches=4)
    with pytest.raises(ValueError, match=r"must be one of 'use_ema'.*='clipnorm'"):
        CoupledSGD(0.1, clipnorm=2.0)


def test_sgd_has_the_variables_of_keras_sgd():
    model, names = network(), []
    for sgd in (optimizer_of(recipe(), model), keras.optimizers.SGD(0.01, 0.9, name="coupled_sgd")):
        sgd.build(model.trainable_variables)
        names.append([variable.path for variable in sgd.variables])
    assert names[0] == names[1]


@pytest.mark.parametrize("invalid", [{"weight_decay": -1}, {"clip_norm": 0}])
def test_invalid_arguments_are_errors(invalid):
    with pytest.raises(ValueError, match=f"`{next(iter(invalid))}` must be"):
        CoupledSGD(0.1, **invalid)
