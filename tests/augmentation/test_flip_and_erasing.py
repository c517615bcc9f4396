"""Flips with their veto, and tubes, against loops."""

import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import clips, still_clips

from keras_nonlocal import augmentation

SEEDS = np.stack([np.arange(200), np.ones(200)], 1).astype("int32")


def test_a_clip_is_mirrored_whole_or_not_at_all():
    whole = clips(12)
    flipped = augmentation.RandomFlip().augment(whole, None, SEEDS[:12])[0].numpy()
    mirrored = [
        (clip[:, :, ::-1] == result).all() for clip, result in zip(whole, flipped, strict=True)
    ]
    kept = [(clip == result).all() for clip, result in zip(whole, flipped, strict=True)]
    assert [one != other for one, other in zip(mirrored, kept, strict=True)] == [True] * 12
    assert 0 < sum(mirrored) < 12


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_flips_happen_as_often_as_asked(chance):
    clip = np.tile(np.arange(2, dtype="uint8")[None, None, None, :, None], (200, 1, 1, 1, 3))
    flip = tf.function(augmentation.RandomFlip(chance).augment)
    assert abs(flip(clip, None, SEEDS)[0][:, 0, 0, 0, 0].numpy().mean() - chance) < 0.1


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1, 2, 3]),
        np.eye(4)[[0, 1, 2, 3]],
        np.array([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]]),
    ],
    ids=["numbers", "one_hot", "multi_hot"],
)
def test_classes_with_a_veto_are_never_mirrored(labels):
    whole = clips(4)
    flipped, same = augmentation.RandomFlip(1.0, veto=[1, 3])((whole, labels))
    kept = [(clip == result).all() for clip, result in zip(whole, flipped.numpy(), strict=True)]
    assert kept == [False, True, False, True]
    np.testing.assert_array_equal(same, labels)


def test_a_tube_is_one_box_of_the_asked_area_in_all_frames():
    layer = augmentation.RandomErasing(1.0, area=(0.1, 0.2), ratio=(0.5, 2.0), value=(7, 8, 9))
    whole = still_clips(20) // 2 + 100
    erased, _ = layer.augment(whole, None, SEEDS[:20])
    for clip, result in zip(whole, erased.numpy(), strict=True):
        hole = (result != clip).any(-1)
        assert (hole == hole[0]).all()
        rows, columns = np.nonzero(hole[0])
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert hole[0].sum() == height * width
        assert 0.08 < height * width / (20 * 26) < 0.23
        assert (result[hole] == (7, 8, 9)).all()


def test_tubes_happen_as_often_as_asked():
    erase = tf.function(augmentation.RandomErasing(0.4, value=0).augment)
    erased, _ = erase(np.full((200, 1, 10, 10, 1), 9, "uint8"), None, SEEDS)
    assert abs((erased.numpy() == 0).any((1, 2, 3, 4)).mean() - 0.4) < 0.1


def test_normalize_is_prepare():
    from keras_nonlocal.video.preprocessing import preprocess

    for mean, std in [((114.75,) * 3, (57.375,) * 3), ((90.0, 100.0, 110.0), (50.0, 60.0, 70.0))]:
        expected = preprocess(clips(), mean=mean, std=std)
        np.testing.assert_allclose(
            augmentation.Normalization(mean, std)(clips()), expected, atol=1e-6
        )
    np.testing.assert_allclose(
        augmentation.Normalization()(clips()), (clips() - 114.75) / 57.375, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["bool", "int64", "float32"])
def test_rows_of_any_type_veto_a_flip(kind):
    rows = np.array([[1, 0], [0, 1]], kind)
    flipped, _ = augmentation.RandomFlip(1.0, veto=[1])((clips(2), rows))
    np.testing.assert_array_equal(flipped[0], clips(2)[0, :, :, ::-1])
    np.testing.assert_array_equal(flipped[1], clips(2)[1])


@pytest.mark.parametrize("training", [0, np.False_, False])
def test_whatever_is_false_switches_chance_off(training):
    same = augmentation.RandomFlip(1.0)(clips(2), training=training)
    np.testing.assert_array_equal(same, clips(2))
