"""Rescaled momentum equals Caffe2 with the correction of the official code, and PyTorch."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.optimizers.factory import optimizer
from keras_nonlocal.training.optimizers.rescale_momentum import RescaleMomentum
from keras_nonlocal.training.optimizers.schedules import learning_rate

STEPS = 12
SCHEDULES = {
    "milestones": {"schedule": "steps", "milestones": (4, 9)},
    "cosine": {"schedule": "cosine"},
    "warm-up": {"schedule": "cosine", "warmup": 3, "warmup_rate": 0.01},
    "warm-up from nothing": {"schedule": "cosine", "warmup": 3},
    "constant": {},
}
each_schedule = pytest.mark.parametrize("name", SCHEDULES)


def recipe(**fields):
    fields = {"learning_rate": 0.1, "steps": STEPS, "weight_decay": 0.0, **fields}
    return VideoRecipe("nl_i3d_small", num_frames=8, frame_stride=8, size=(56, 56), **fields)


def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(4 * STEPS, 3)), rng.normal(size=(4 * STEPS, 2))


def compiled(recipe, kernel, wrap=lambda sgd: sgd):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False)])
    model.compile(wrap(optimizer(recipe, learning_rate(recipe, 1), model)), "mse")
    model.set_weights([kernel])
    return model


def fit(model, recipe, rows=slice(None)):
    x, y = (part[rows] for part in data())
    callback = RescaleMomentum(learning_rate(recipe, 1))
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0, callbacks=[callback])
    return model.get_weights()[0]


def batches_and_rates(recipe):
    rate = learning_rate(recipe, 1)
    for step, (x, y) in enumerate(zip(*(np.split(part, STEPS) for part in data()), strict=True)):
        yield x, y, float(rate(step)) if callable(rate) else rate


def gradient_of(weight, x, y):
    return x.T @ (2 * (x @ weight - y) / y.size)


def caffe2(recipe, kernel):
    """`MomentumSGDUpdate` with the official code's `_CorrectMomentum`, in float64."""
    weight, velocity, current = np.float64(kernel), np.zeros_like(kernel, "float64"), None
    for x, y, rate in batches_and_rates(recipe):
        if current and abs(rate - current) > 1e-7 * rate:
            velocity = velocity * (rate / current)
        current, last = rate, velocity
        gradient = gradient_of(weight, x, y)
        velocity = 0.9 * last + rate * gradient
        weight = weight - ((1 + 0.9) * velocity - 0.9 * last)
    return weight


def pytorch(recipe, kernel):
    """`torch.optim.SGD` with Nesterov momentum, in float64: momentum does not contain the rate."""
    weight, momentum = np.float64(kernel), np.zeros_like(kernel, "float64")
    for x, y, rate in batches_and_rates(recipe):
        gradient = gradient_of(weight, x, y)
        momentum = 0.9 * momentum + gradient
        weight = weight - rate * (gradient + 0.9 * momentum)
    return weight


@pytest.fixture
def kernel():
    return np.random.default_rng(1).normal(size=(3, 2)).astype("float32")


@each_schedule
def test_training_equals_caffe2_and_pytorch(name, kernel):
    made = recipe(**SCHEDULES[name])
    trained = fit(compiled(made, kernel), made)
    # at a rate of zero, PyTorch accumulates momentum, whereas Caffe2 and Keras do not
    for reference in (caffe2,) if "nothing" in name else (caffe2, pytorch):
        np.testing.assert_allclose(trained, reference(made, kernel), rtol=2e-6, atol=2e-6)


def test_training_without_rescaling_differs(kernel):
    made = recipe(**SCHEDULES["milestones"])
    plain = compiled(made, kernel)
    plain.fit(*data(), batch_size=4, shuffle=False, verbose=0)
    assert np.abs(plain.get_weights()[0] - caffe2(made, kernel)).max() > 1e-2


@pytest.mark.parametrize(
    ("name", "steps"),
    [("milestones", 3), ("milestones", 4), ("cosine", 5), ("warm-up from nothing", 2)],
)
def test_resuming_from_a_checkpoint_changes_nothing(name, steps, kernel, tmp_path):
    made = recipe(**SCHEDULES[name])
    whole = fit(compiled(made, kernel), made)
    first = compiled(made, kernel)
    fit(first, made, slice(0, 4 * steps))
    first.save(tmp_path / "first.keras")
    second = keras.models.load_model(tmp_path / "first.keras")
    np.testing.assert_array_equal(fit(second, made, slice(4 * steps, None)), whole)


@pytest.mark.parametrize("name", ["milestones", "cosine"])
def test_loss_scaling_changes_nothing(name, kernel):
    made = recipe(**SCHEDULES[name])
    scaled = compiled(
        made, kernel, lambda sgd: keras.optimizers.LossScaleOptimizer(sgd, initial_scale=8.0)
    )
    np.testing.assert_allclose(fit(scaled, made), caffe2(made, kernel), rtol=2e-6, atol=2e-6)


def test_a_repeated_step_is_rescaled_once(kernel):
    made = recipe(**SCHEDULES["milestones"])
    model = compiled(made, kernel, keras.optimizers.LossScaleOptimizer)
    callback = RescaleMomentum(learning_rate(made, 1))
    callback.set_model(model)
    x, y = data()
    model.fit(x[:16], y[:16], batch_size=4, shuffle=False, verbose=0)
    sgd = model.optimizer.inner_optimizer
    before = sgd.momentums[0].numpy()
    callback.on_train_batch_begin(0)
    model.train_on_batch(np.full((4, 3), np.inf), y[:4])
    assert int(sgd.iterations) == 4
    callback.on_train_batch_begin(1)
    np.testing.assert_allclose(sgd.momentums[0].numpy(), before * 0.1, rtol=1e-6)


def test_other_optimizers_are_errors(kernel):
    made = recipe(optimizer="adamw")
    with pytest.raises(ValueError, match=r"compiled with `keras\.optimizers\.SGD`"):
        fit(compiled(made, kernel), made)


def test_several_steps_per_execution_are_an_error(kernel):
    made = recipe()
    model = compiled(made, kernel)
    model.compile(model.optimizer, "mse", steps_per_execution=2)
    with pytest.raises(ValueError, match="`steps_per_execution` must be 1"):
        fit(model, made)


def test_momentum_of_accumulated_batches_is_that_of_their_updates():
    """As in PyTorch, where the rate of the last batch multiplies the momentum."""
    fields = {"schedule": "steps", "milestones": (5, 9), "nesterov": False}
    accumulating = recipe(accumulated_batches=2, **fields)
    kernel = np.random.default_rng(2).normal(size=(3, 2)).astype("float32")
    weight, velocity, gradients = np.float64(kernel), 0.0, []
    for x, y, rate in batches_and_rates(accumulating):
        gradients.append(gradient_of(weight, x, y))
        if len(gradients) == 2:
            velocity = 0.9 * velocity + np.mean(gradients, 0)
            weight, gradients = weight - rate * velocity, []
    found = fit(compiled(accumulating, kernel), accumulating)
    np.testing.assert_allclose(found, weight, rtol=1e-5)
