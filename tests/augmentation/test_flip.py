"""RandomFlip and its veto against loops."""

import json

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


PAIRS = [(0, 2), [5, 3]]
OTHERS = {0: 2, 1: 1, 2: 0, 3: 5, 4: 4, 5: 3}
ROWS = np.array([[1, 0, 0, 0, 0, 0.5], [0, 1, 0, 0, 1, 0], [1, 0, 1, 0, 0, 0]], "float32")


@pytest.mark.parametrize("kind", ["uint8", "int32", "int64"])
def test_the_class_of_a_mirrored_clip_is_the_other_one_of_its_pair(kind):
    original, labels = clips(12), np.arange(12).astype(kind) % 6
    layer = augmentation.RandomFlip(pairs=PAIRS)
    flipped, found = layer.augment(original, labels, SEEDS[:12])
    plain = augmentation.RandomFlip().augment(original, None, SEEDS[:12])[0]
    np.testing.assert_array_equal(flipped, plain)  # the draws are the same
    mirrored = [(clip != same).any() for clip, same in zip(original, flipped.numpy(), strict=True)]
    expected = [
        OTHERS[label] if turned else label for label, turned in zip(labels, mirrored, strict=True)
    ]
    assert 0 < sum(mirrored) < 12
    assert found.numpy().tolist() == expected
    assert found.dtype == kind


@pytest.mark.parametrize("rows", [ROWS, ROWS > 0, ROWS.astype("int64")])
@pytest.mark.parametrize("known", [True, False])
def test_rows_of_labels_are_exchanged_too(rows, known):
    width = [None, 6 if known else None]
    layer = augmentation.RandomFlip(1.0, pairs=PAIRS)
    run = tf.function(
        lambda clips, labels: layer((clips, labels)),
        input_signature=[
            tf.TensorSpec([None, 4, 20, 26, 3], "uint8"),
            tf.TensorSpec(width, rows.dtype),
        ],
    )
    original = np.random.default_rng(3).integers(0, 255, (3, 4, 20, 26, 3), "uint8")
    flipped, found = run(original, rows)
    np.testing.assert_array_equal(flipped, original[:, :, :, ::-1])
    np.testing.assert_array_equal(found, rows[:, [2, 1, 0, 5, 4, 3]], strict=True)


def test_pairs_and_a_veto_together():
    layer = augmentation.RandomFlip(1.0, veto=[1], pairs=[[0, 2]])
    flipped, found = layer((clips(3), np.array([0, 1, 2])))
    assert found.numpy().tolist() == [2, 1, 0]
    np.testing.assert_array_equal(flipped[1], clips(3)[1])
    assert layer((clips(3), np.array([0, 1, 2])), training=False)[1].numpy().tolist() == [0, 1, 2]
    again = augmentation.RandomFlip.from_config(json.loads(json.dumps(layer.get_config())))
    assert (again.veto, again.pairs) == ((1,), ((0, 2),))


def test_one_clip_and_its_class():
    layer = augmentation.RandomFlip(1.0, pairs=PAIRS)
    assert int(layer((clips(1)[0], np.int64(3)))[1]) == 5


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
