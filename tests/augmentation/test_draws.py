"""Random numbers: the same for all frames of a clip, and independent of the batch."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import CASES, LABELS, clips, each_case, each_random_case, still_clips

from keras_nonlocal.augmentation.functional import draws

SEEDS = np.random.default_rng(3).integers(-(2**31), 2**31, (6, 2)).astype("int32")


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.same_for_all_frames], ids=lambda case: case.name
)
def test_all_frames_of_a_clip_are_changed_alike(case):
    changed, _ = case.make().augment(still_clips(), tf.zeros(6, "int32"), SEEDS)
    changed = changed.numpy().astype(float)
    assert np.abs(changed - changed[:, :1]).max() <= 1  # equal frames may be rounded differently


@each_random_case
def test_clips_of_a_batch_are_changed_differently(case):
    batch = clips(6, 2) if case.num_classes else still_clips()
    changed, _ = case.make().augment(batch, tf.zeros(6, "int32"), SEEDS)
    assert len(np.unique(changed.numpy().reshape(6, -1), axis=0)) > 1


@each_case
def test_the_change_of_a_clip_does_not_depend_on_its_batch(case):
    layer, batch, labels = case.make(), clips(6), np.array([0, 1, 2, 0, 1, 2], "int32")
    if layer.needs_batch:
        batch = np.repeat(batch[:1], 6, 0)  # then a partner makes no difference
    together, _ = layer.augment(batch, labels, SEEDS)
    for place in (0, 5):
        alone, _ = layer.augment(batch[place, None], labels[place, None], SEEDS[place, None])
        chosen = slice(place * layer.copies, (place + 1) * layer.copies)
        np.testing.assert_allclose(
            alone.numpy().astype(float), together[chosen].numpy().astype(float), atol=1
        )


@each_random_case
def test_evaluation_changes_only_the_size(case):
    clip = clips(frames=1)
    changed, _ = case.make()((clip, LABELS), training=False)
    assert changed.shape == case.shape(frames=1)
    if case.height_and_width == (20, 26):
        np.testing.assert_array_equal(changed, clip)


def test_uniforms_are_uniform_and_independent():
    numbers = tf.function(draws.uniforms)(
        np.stack([np.arange(2000), np.zeros(2000)], 1).astype("int32"), 2
    )
    counts, _ = np.histogram(numbers, bins=10, range=(0, 1))
    assert counts.min() > 340  # of 400 expected; the deviation is 19
    assert abs(np.corrcoef(numbers[:, 0], numbers[:, 1])[0, 1]) < 0.1


def test_integers_cover_the_whole_range():
    numbers = tf.constant([0.0, 0.249, 0.25, 0.5, 0.75, 1 - 2**-24])
    assert draws.integers(numbers, 4).numpy().tolist() == [0, 0, 1, 2, 3, 3]


def test_order_is_a_permutation_that_depends_on_the_seeds():
    orders = {tuple(draws.order(SEEDS + step).numpy()) for step in range(4)}
    assert len(orders) > 1
    assert all(sorted(order) == list(range(6)) for order in orders)


def test_beta_has_the_right_mean_and_variance():
    seeds = np.stack([np.arange(3000), np.ones(3000)], 1).astype("int32")
    for alpha in (0.2, 1.0):
        shares = tf.function(draws.beta)(seeds, alpha).numpy()
        assert abs(shares.mean() - 0.5) < 0.03
        assert abs(shares.var() - 1 / (4 * (2 * alpha + 1))) < 0.01
