"""Learning rates equal those of published training loops, step by step."""

import json
import math

import keras
import numpy as np
import pytest

from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.optimizers.schedules import Warmup, learning_rate


def recipe(**fields):
    return VideoRecipe("nl_i3d_small", num_frames=8, frame_stride=8, size=(56, 56), **fields)


def rates(rate, steps):
    return np.array([float(rate(np.int64(step))) for step in steps])


def test_schedule_of_the_paper():
    rate = learning_rate(
        recipe(steps=400_000, schedule="steps", milestones=(150_000, 300_000)), 3666
    )
    iteration = 0
    for count, value in ((150_000, 0.01), (150_000, 0.001), (100_000, 0.0001)):
        last = iteration + count - 1
        np.testing.assert_allclose(rates(rate, (iteration, last)), value, rtol=1e-6)
        iteration += count
    assert iteration == 400_000


def test_warmup_and_cosine_of_slowfast():
    batches, epochs, warmup = 7, 196, 34
    expected = []
    for epoch in range(epochs):
        for batch in range(batches):
            now = epoch + batch / batches
            rate = 0.1 * (math.cos(math.pi * now / epochs) + 1) / 2
            if now < warmup:
                end = 0.1 * (math.cos(math.pi * warmup / epochs) + 1) / 2
                rate = now * (end - 0.01) / warmup + 0.01
            expected.append(rate)
    ours = learning_rate(
        recipe(epochs=196, schedule="cosine", learning_rate=0.1, warmup=34, warmup_rate=0.01),
        steps_per_epoch=batches,
    )
    np.testing.assert_allclose(rates(ours, range(len(expected))), expected, rtol=2e-5, atol=1e-8)


def test_milestones_of_mmaction2():
    ours = learning_rate(
        recipe(epochs=100, schedule="steps", milestones=(40, 80)), steps_per_epoch=11
    )
    expected = []
    for epoch in range(100):
        rate = 0.01 * 0.1 ** ((epoch >= 40) + (epoch >= 80))
        expected += [rate] * 11
    np.testing.assert_allclose(rates(ours, range(1100)), expected, rtol=1e-6)


def test_milestone_within_an_epoch_is_rounded_to_a_step():
    ours = learning_rate(recipe(epochs=2, schedule="steps", milestones=(0.5,)), steps_per_epoch=10)
    np.testing.assert_allclose(rates(ours, (4, 5)), (0.01, 0.001), rtol=1e-6)


def test_constant_rate_is_a_number():
    assert learning_rate(recipe(epochs=3, learning_rate=1), steps_per_epoch=5) == 1.0
    keras.optimizers.SGD(learning_rate(recipe(epochs=3, learning_rate=1), steps_per_epoch=5))


def test_warmup_to_a_constant_rate():
    rate = learning_rate(recipe(epochs=3, warmup=1, warmup_rate=0.002), steps_per_epoch=4)
    np.testing.assert_allclose(
        rates(rate, range(6)), (0.002, 0.004, 0.006, 0.008, 0.01, 0.01), rtol=1e-6
    )


def test_warmup_shorter_than_half_a_step_is_ignored():
    assert learning_rate(recipe(epochs=3, warmup=0.1), steps_per_epoch=4) == 0.01


@pytest.mark.parametrize(
    "fields",
    [
        {"schedule": "constant", "warmup": 2, "warmup_rate": 0.001},
        {"schedule": "steps", "milestones": (3, 7), "warmup": 2},
        {"schedule": "cosine", "warmup": 2},
    ],
)
def test_schedules_survive_serialization(fields):
    rate = learning_rate(recipe(epochs=10, **fields), steps_per_epoch=3)
    stored = json.loads(json.dumps(keras.optimizers.schedules.serialize(rate)))
    again = keras.optimizers.schedules.deserialize(stored)
    np.testing.assert_array_equal(rates(again, range(31)), rates(rate, range(31)))


@pytest.mark.parametrize(
    ("arguments", "name"), [((0.1, 0), "steps"), ((0.1, 2.5), "steps"), ((0.1, 3, -1), "start")]
)
def test_invalid_warmup_is_an_error(arguments, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        Warmup(*arguments)


@pytest.mark.parametrize("steps", [0, 2.5, None, True])
def test_steps_per_epoch_must_be_a_positive_integer(steps):
    with pytest.raises(ValueError, match="`steps_per_epoch` must be a positive integer"):
        learning_rate(recipe(epochs=3), steps)
