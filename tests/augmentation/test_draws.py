"""Draws are alike in all frames, different between clips, and a clip's own in any batch."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import CASES, LABELS, clips, each_case, each_random_case, still_clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation import chain
from keras_nonlocal.augmentation.functional import draws

SEEDS = np.random.default_rng(3).integers(-(2**31), 2**31, (6, 2)).astype("int32")


@pytest.mark.parametrize("case", [case for case in CASES if case.alike], ids=lambda case: case.name)
def test_frames_of_a_clip_are_changed_alike(case):
    changed, _ = case.make().augment(still_clips(), tf.zeros(6, "int32"), SEEDS)
    changed = changed.numpy().astype(float)
    assert np.abs(changed - changed[:, :1]).max() <= 1  # equal frames may be rounded differently


@each_random_case
def test_clips_of_a_batch_are_changed_differently(case):
    pictures = clips(6, 2) if case.rows else still_clips()
    changed, _ = case.make().augment(pictures, tf.zeros(6, "int32"), SEEDS)
    assert len(np.unique(changed.numpy().reshape(6, -1), axis=0)) > 1


@each_case
def test_a_clip_is_changed_alike_in_any_batch(case):
    layer, pictures, labels = case.make(), clips(6), np.array([0, 1, 2, 0, 1, 2], "int32")
    if layer.needs_batch:
        pictures = np.repeat(pictures[:1], 6, 0)  # then a partner makes no difference
    together, _ = layer.augment(pictures, labels, SEEDS)
    for place in (0, 5):
        alone, _ = layer.augment(pictures[place, None], labels[place, None], SEEDS[place, None])
        chosen = slice(place * layer.copies, (place + 1) * layer.copies)
        np.testing.assert_allclose(
            alone.numpy().astype(float), together[chosen].numpy().astype(float), atol=1
        )


@each_random_case
def test_without_chance_only_the_size_changes(case):
    clip = clips(frames=1)
    changed, _ = case.make()((clip, LABELS), training=False)
    assert changed.shape == case.shape(frames=1)
    if case.height_and_width == (20, 26):
        np.testing.assert_array_equal(changed, clip)


def test_numbers_are_uniform_and_of_every_clip():
    numbers = tf.function(draws.uniforms)(
        np.stack([np.arange(2000), np.zeros(2000)], 1).astype("int32"), 2
    )
    counts, _ = np.histogram(numbers, bins=10, range=(0, 1))
    assert counts.min() > 340  # of 400 expected; the deviation is 19
    assert abs(np.corrcoef(numbers[:, 0], numbers[:, 1])[0, 1]) < 0.1


def test_integers_reach_both_ends_and_no_further():
    numbers = tf.constant([0.0, 0.249, 0.25, 0.5, 0.75, 1 - 2**-24])
    assert draws.integers(numbers, 4).numpy().tolist() == [0, 0, 1, 2, 3, 3]


def test_an_order_is_a_permutation_that_depends_on_the_seeds():
    orders = {tuple(draws.order(SEEDS + step).numpy()) for step in range(4)}
    assert len(orders) > 1
    assert all(sorted(order) == list(range(6)) for order in orders)


def test_beta_has_the_moments_of_beta():
    seeds = np.stack([np.arange(3000), np.ones(3000)], 1).astype("int32")
    for alpha in (0.2, 1.0):
        shares = tf.function(draws.beta)(seeds, alpha).numpy()
        assert abs(shares.mean() - 0.5) < 0.03
        assert abs(shares.var() - 1 / (4 * (2 * alpha + 1))) < 0.01


def test_a_chain_gives_each_layer_draws_of_its_own():
    twice = [augmentation.RandomFlip(), augmentation.RandomFlip()]
    flips = [chain.apply(twice, clips(1, 1), seeds=[[0, seed]])[0].numpy() for seed in range(20)]
    assert any(
        (flip != clips(1, 1)).any() for flip in flips
    )  # the same draws would undo each other


def test_a_chain_without_seeds_is_evaluation():
    layers = [augmentation.RandomCrop(12), augmentation.ThreeCrop(8), augmentation.Normalization()]
    changed, labels = chain.apply(layers, clips(), LABELS)
    np.testing.assert_allclose(changed[1], (clips()[0, :, 6:14, 9:17] - 114.75) / 57.375, atol=1e-5)
    assert labels.numpy().tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
