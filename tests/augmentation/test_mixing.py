"""MixUp and CutMix: the labels must match the pixels."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation.functional import boxes

SEEDS = np.random.default_rng(1).integers(0, 2**31, (8, 2)).astype("int32")


def flat_clips():
    """Clip i has the value 10 * i everywhere."""
    return np.broadcast_to(
        (10 * np.arange(8, dtype="float32"))[:, None, None, None, None], (8, 2, 10, 12, 3)
    ).copy()


def test_mixup_mixes_clips_and_labels_in_the_same_proportion():
    original, labels = flat_clips(), np.arange(8)
    mixed, rows = augmentation.MixUp(1.0, classes=8).augment(original, labels, SEEDS)
    np.testing.assert_allclose(rows.numpy().sum(1), 1, atol=1e-6)
    expected = rows.numpy() @ (10 * np.arange(8))
    np.testing.assert_allclose(
        mixed, np.broadcast_to(expected[:, None, None, None, None], mixed.shape), atol=1e-3
    )
    assert ((rows.numpy() > 0).sum(1) <= 2).all()
    assert ((rows.numpy() > 0).sum(1) == 2).any()


def test_cutmix_labels_match_the_area_of_the_box():
    mixed, rows = augmentation.CutMix(1.0, classes=8).augment(flat_clips(), np.arange(8), SEEDS)
    numbers, rows = (mixed.numpy() / 10).astype(int), rows.numpy()
    num_boxes = 0
    for place, clip in enumerate(numbers):
        assert (clip == clip[:1]).all()
        shares = [(clip == other).mean() for other in range(8)]
        np.testing.assert_allclose(rows[place], shares, atol=1e-6)
        hole = clip[0, :, :, 0] != place
        if hole.any():
            ys, xs = np.nonzero(hole)
            assert hole.sum() == (np.ptp(ys) + 1) * (np.ptp(xs) + 1)
            num_boxes += 1
    assert num_boxes > 3


def test_partners_are_a_permutation():
    _, rows = augmentation.MixUp(1.0, classes=8).augment(flat_clips(), np.arange(8), SEEDS)
    partners = [set(np.flatnonzero(row)) - {place} for place, row in enumerate(rows.numpy())]
    named = [one for partner in partners for one in partner]
    assert len(named) == len(set(named))


def test_multi_hot_labels_are_mixed():
    many = np.array([[1, 1, 0], [0, 1, 1]])
    _, rows = augmentation.MixUp(1.0)((clips(2), many))
    assert rows.dtype == "float32"
    np.testing.assert_allclose(rows[:, 1], 1, atol=1e-6)


def test_labels_become_one_hot_in_evaluation():
    _, rows = augmentation.CutMix(classes=3)((clips(), np.array([2, 0, 1])), training=False)
    np.testing.assert_array_equal(rows, np.eye(3)[[2, 0, 1]])


@pytest.mark.parametrize("layer", [augmentation.MixUp, augmentation.CutMix])
def test_uint8_clips_are_mixed(layer):
    mixed, _ = layer(1.0, classes=8).augment(flat_clips().astype("uint8"), np.arange(8), SEEDS)
    assert mixed.dtype == "uint8"
    assert mixed.numpy().max() <= 70


def test_boxes_around_a_center_are_cut_off_at_the_frame():
    frame = tf.constant([10, 12])
    cut = boxes.around(tf.constant([[0, 11], [5, 6]]), tf.constant([[4, 4], [4, 6]]), frame)
    assert cut.numpy().tolist() == [[0, 9, 2, 3], [3, 3, 4, 6]]
    np.testing.assert_allclose(boxes.shares_outside(cut, frame), [1 - 6 / 120, 1 - 24 / 120])


@pytest.mark.parametrize("label", [-1, 3, 7])
def test_labels_out_of_range_are_refused(label):
    with pytest.raises(tf.errors.InvalidArgumentError, match="class indices from 0 to 2"):
        augmentation.MixUp(1.0, classes=3)((clips(3), np.array([0, label, 2])))
