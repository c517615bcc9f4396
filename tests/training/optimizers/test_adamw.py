"""AdamW equals Keras's AdamW, and evaluates the learning rate schedule once in each step."""

import backend
import keras
import numpy as np
import pytest
from keras import layers

from keras_nonlocal.training.optimizers.adamw import AdamW
from keras_nonlocal.training.optimizers.schedules import Warmup

OPTIONS = {
    "weight_decay": 0.1,
    "global_clipnorm": 0.5,
    "epsilon": 1e-5,
    "beta_1": 0.75,  # this and 1 - beta are exact in float32; else the two differ by its rounding
    "beta_2": 1 - 2**-10,
    "name": "same",
}
X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")


def trained(optimizer_class, rate=0.01, dtype="float32", **options):
    """A network after six steps, and its optimizer."""
    keras.utils.set_random_seed(3)
    dense = layers.Dense(3, dtype=dtype, bias_initializer="ones")
    model = keras.Sequential([keras.Input((4,)), dense, layers.Dense(2)])
    optimizer = optimizer_class(rate, **OPTIONS)
    optimizer.exclude_from_weight_decay(var_list=[dense.bias])
    model.compile(optimizer, "mse", **options)
    model.fit(X, X[:, :2] ** 2, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model, optimizer


class CountingSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Counts its evaluations."""

    def __init__(self):
        self.calls = 0

    def __call__(self, step):
        self.calls += 1
        return keras.ops.cast(0.01, "float32") / (1 + keras.ops.cast(step, "float32"))


@pytest.mark.parametrize(
    "rate",
    [0.01, Warmup(keras.optimizers.schedules.CosineDecay(0.01, 6), 3)],
    ids=["one", "warmup"],
)
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_weights_and_moments_equal_keras(rate, dtype):
    (ours, by_ours), (theirs, by_theirs) = (
        trained(kind, rate, dtype) for kind in (AdamW, keras.optimizers.AdamW)
    )
    for one, other in zip(by_ours.variables, by_theirs.variables, strict=True):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (one, other)), rtol=1e-6)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_equal_the_algorithm_of_the_paper_in_numpy(dtype):
    """Algorithm 2 of the paper, in float64; epsilon is placed as in Keras and TensorFlow."""
    rng = np.random.default_rng(1)
    weight, gradients = rng.normal(size=5), rng.normal(size=(7, 5))
    variable = keras.Variable(weight, dtype=dtype)
    adamw = AdamW(0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-5, weight_decay=0.1)
    adamw.build([variable])
    mean = square = np.zeros(5)
    for number, gradient in enumerate(gradients, start=1):
        adamw.apply([keras.ops.convert_to_tensor(gradient, dtype)])
        weight = weight - 0.01 * 0.1 * weight
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        rate = 0.01 * np.sqrt(1 - 0.95**number) / (1 - 0.8**number)
        weight = weight - rate * mean / (np.sqrt(square) + 1e-5)
    found = keras.ops.convert_to_numpy(variable)
    np.testing.assert_allclose(found, weight, rtol=1e-6, atol=1e-5 * 0.01)


@pytest.mark.skipif(backend.NAME == "torch", reason="recipes use Keras's own AdamW there")
def test_schedule_is_evaluated_once_in_each_step():
    rate = CountingSchedule()
    _, adamw = trained(AdamW, rate, run_eagerly=True)
    assert rate.calls == 6
    assert float(adamw.learning_rate) == pytest.approx(0.01 / 7)


def test_learning_rate_can_be_set_between_steps():
    model, adamw = trained(AdamW)
    before = model.get_weights()
    adamw.learning_rate = 0.0
    model.train_on_batch(X, X[:, :2])
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_adamw_survives_serialization():
    adamw = AdamW(0.01, **OPTIONS)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(adamw))
    assert isinstance(again, AdamW)
    assert again.get_config() == adamw.get_config()


def test_amsgrad_is_an_error():
    with pytest.raises(ValueError, match="`amsgrad` must be False"):
        AdamW(0.01, amsgrad=True)
