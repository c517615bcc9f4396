"""Grayscale, invert, tint and noise against their formulas, and their distributions."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips

from keras_nonlocal.augmentation import RandomGrayscale, RandomInvert, RandomNoise, RandomTint

SEEDS = np.stack([np.arange(300), np.ones(300)], 1).astype("int32")


def grayscale(clip):
    luminance = (clip * np.array([0.299, 0.587, 0.114])).sum(-1, keepdims=True)
    return np.repeat(luminance, 3, axis=-1)


LAYERS = [(RandomGrayscale, grayscale), (RandomInvert, lambda clip: 255.0 - clip)]
each_layer = pytest.mark.parametrize(("layer", "formula"), LAYERS)


@each_layer
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_all_frames_of_a_clip_are_changed_or_none(layer, formula, dtype):
    original = clips(12, dtype=dtype)
    changed = layer(0.5).augment(original, None, SEEDS[:12])[0].numpy()
    close = 0.51 if dtype == "uint8" else 1e-3
    done = [
        np.allclose(after, formula(before.astype(float)), rtol=0, atol=close)
        for before, after in zip(original, changed, strict=True)
    ]
    unchanged = [(after == before).all() for before, after in zip(original, changed, strict=True)]
    assert [one != other for one, other in zip(done, unchanged, strict=True)] == [True] * 12
    assert 0 < sum(done) < 12


@each_layer
@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_changes_happen_with_the_given_probability(layer, formula, probability):
    clip = np.tile(np.array([10, 20, 30], "uint8"), (300, 1, 1, 1, 1))
    changed = tf.function(layer(probability).augment)(clip, None, SEEDS)[0].numpy()
    assert abs((changed != clip).any((1, 2, 3, 4)).mean() - probability) < 0.1


def test_tint_draws_a_uniform_factor_for_each_channel():
    original = clips(1, 2, dtype="float32") / 2
    same = np.repeat(original, 300, 0)
    changed = tf.function(RandomTint(0.4).augment)(same, None, SEEDS)[0].numpy()
    factors = changed.sum((1, 2, 3)) / same.sum((1, 2, 3))
    np.testing.assert_allclose(changed, same * factors[:, None, None, None], atol=1e-3)
    assert factors.min() >= 0.6
    assert factors.max() <= 1.4
    for channel in factors.T:
        counts, _ = np.histogram(channel, bins=4, range=(0.6, 1.4))
        assert counts.min() > 45  # of 75 expected; the deviation is 7
    assert np.abs(np.corrcoef(factors.T) - np.eye(3)).max() < 0.2


def test_tint_stays_in_range():
    changed = RandomTint(1.0).augment(np.full((50, 1, 2, 2, 3), 200, "uint8"), None, SEEDS[:50])[0]
    assert changed.numpy().max() == 255
    assert changed.numpy().min() < 20


def noise_of(layer, clip):
    return tf.function(layer.augment)(clip, None, SEEDS[: len(clip)])[0].numpy() - clip


def test_noise_is_normal_and_equally_strong_in_all_frames():
    noise = noise_of(RandomNoise(8.0), np.full((40, 3, 30, 30, 3), 127.0, "float32"))
    strengths = noise.std((2, 3, 4))
    np.testing.assert_allclose(strengths, np.tile(strengths.mean(1, keepdims=True), 3), rtol=0.1)
    assert strengths.max() < 8.3
    parts = noise / strengths.mean(1)[:, None, None, None, None]
    assert abs(parts.mean()) < 0.01
    for deviations, share in [(1, 0.6827), (2, 0.9545)]:
        assert abs((np.abs(parts) < deviations).mean() - share) < 0.01


def test_noise_strength_is_uniform():
    strengths = noise_of(RandomNoise(8.0), np.full((300, 1, 20, 20, 1), 127.0, "float32"))
    counts, _ = np.histogram(strengths.std((1, 2, 3, 4)), bins=4, range=(0, 8))
    assert counts.min() > 45


def test_noise_differs_between_frames_channels_and_clips():
    noise = noise_of(RandomNoise(8.0), np.full((4, 3, 20, 20, 3), 127.0, "float32"))
    series = noise.transpose(0, 1, 4, 2, 3).reshape(4 * 3 * 3, -1)
    assert np.abs(np.corrcoef(series) - np.eye(36)).max() < 0.25


def test_noise_stays_in_range():
    ends = np.tile(np.array([0, 255, 0], "float32"), (8, 2, 9, 9, 1))
    noise = noise_of(RandomNoise(60.0), ends)
    assert noise[..., 1].max() == 0
    assert noise[..., 0].min() == 0
    assert noise[..., 0].max() > 20


@pytest.mark.parametrize(
    "layer", [RandomGrayscale(0), RandomInvert(0), RandomTint(0), RandomNoise(0)]
)
def test_zero_changes_nothing(layer):
    np.testing.assert_array_equal(layer(clips()), clips())
