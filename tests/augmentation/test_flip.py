"""RandomFlip and its veto against loops."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips

from keras_nonlocal import augmentation

SEEDS = np.stack([np.arange(200), np.ones(200)], 1).astype("int32")


def test_all_frames_of_a_clip_are_mirrored_or_none():
    original = clips(12)
    flipped = augmentation.RandomFlip().augment(original, None, SEEDS[:12])[0].numpy()
    mirrored = [
        (clip[:, :, ::-1] == result).all() for clip, result in zip(original, flipped, strict=True)
    ]
    unchanged = [(clip == result).all() for clip, result in zip(original, flipped, strict=True)]
    assert [one != other for one, other in zip(mirrored, unchanged, strict=True)] == [True] * 12
    assert 0 < sum(mirrored) < 12


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_flips_happen_with_the_given_probability(probability):
    clip = np.tile(np.arange(2, dtype="uint8")[None, None, None, :, None], (200, 1, 1, 1, 3))
    flip = tf.function(augmentation.RandomFlip(probability).augment)
    assert abs(flip(clip, None, SEEDS)[0][:, 0, 0, 0, 0].numpy().mean() - probability) < 0.1


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1, 2, 3]),
        np.eye(4)[[0, 1, 2, 3]],
        np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]]),
    ],
    ids=["indices", "one_hot", "multi_hot"],
)
def test_veto_classes_are_never_mirrored(labels):
    original = clips(4)
    flipped, same = augmentation.RandomFlip(1.0, veto=[1, 3])((original, labels))
    unchanged = [
        (clip == result).all() for clip, result in zip(original, flipped.numpy(), strict=True)
    ]
    assert unchanged == [False, True, False, True]
    np.testing.assert_array_equal(same, labels)


@pytest.mark.parametrize("kind", ["bool", "int64", "float32"])
def test_veto_accepts_label_rows_of_any_dtype(kind):
    rows = np.array([[1, 0], [0, 1]], kind)
    flipped, _ = augmentation.RandomFlip(1.0, veto=[1])((clips(2), rows))
    np.testing.assert_array_equal(flipped[0], clips(2)[0, :, :, ::-1])
    np.testing.assert_array_equal(flipped[1], clips(2)[1])


@pytest.mark.parametrize("training", [0, np.False_, False])
def test_training_false_never_flips(training):
    same = augmentation.RandomFlip(1.0)(clips(2), training=training)
    np.testing.assert_array_equal(same, clips(2))
