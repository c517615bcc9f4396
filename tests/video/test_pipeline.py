import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation import chain
from keras_nonlocal.video.pipeline import clip_batches

CLIPS = np.random.default_rng(0).integers(0, 255, (6, 2, 12, 20, 3)).astype("uint8")
LABELS = np.arange(6)
SEEDS = np.arange(12, dtype="int32").reshape(6, 2)
OPTIONS = {"batch_size": 4, "training": True}
# For many clips: a graph is traced in the time in which 40 clips are changed eagerly.
apply = tf.function(chain.apply)


def elements(*parts):
    return tf.data.Dataset.from_tensor_slices(parts)


class ClipsInMemory:
    """A `ClipSource` of clips that were read already."""

    multi_label, num_parallel_calls, videos = False, 2, len(CLIPS)

    def __init__(self, elements, classes):
        self.class_names = tuple("abcdefgh"[: classes or 0])
        self._elements = elements

    def clips(self, order):
        return self._elements


def finish(elements, classes=None, **options):
    return clip_batches(ClipsInMemory(elements, classes), None, **options)


def concatenated(dataset):
    return [np.concatenate(part) for part in zip(*dataset.as_numpy_iterator(), strict=True)]


def test_without_augmentation_clips_are_only_batched():
    videos, labels = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=None, **OPTIONS))
    np.testing.assert_array_equal(videos, CLIPS)
    np.testing.assert_array_equal(labels, LABELS)
    batches = finish(elements(CLIPS, SEEDS), augment=None, **OPTIONS)
    assert [batch.shape[0] for batch in batches] == [4, 2]


def test_a_layer_gets_the_seed_of_its_clip():
    layers = [augmentation.RandomCrop(8), augmentation.RandomFlip()]
    videos, _ = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=layers, **OPTIONS))
    expected, _ = chain.apply(layers, CLIPS, None, SEEDS)
    np.testing.assert_array_equal(videos, expected)
    assert videos.shape == (6, 2, 8, 8, 3)


def test_two_layers_draw_independent_random_numbers():
    seeds = np.arange(400, dtype="int32").reshape(200, 2)
    once = augmentation.RandomFlip()
    slope = np.broadcast_to(np.arange(4)[:, None], (200, 1, 2, 4, 1)).astype("uint8")
    first, _ = apply([once], slope, None, seeds)
    twice, _ = apply([once, once], slope, None, seeds)
    second = np.all(np.array(first) != np.array(twice), axis=(1, 2, 3, 4))  # the second one flipped
    flipped = np.array(first)[:, 0, 0, 0, 0] == 3
    assert 0.3 < np.mean(flipped) < 0.7
    assert 0.3 < np.mean(second) < 0.7
    assert 0.3 < np.mean(flipped == second) < 0.7


def test_random_layers_are_inactive_in_evaluation():
    layers = [augmentation.RandomCrop(8), augmentation.RandomFlip(1.0)]
    options = {**OPTIONS, "training": False}
    videos, _ = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=layers, **options))
    np.testing.assert_array_equal(videos, CLIPS[:, :, 2:10, 6:14])


def test_layers_that_mix_clips_get_whole_batches():
    layers = [augmentation.CenterCrop(8), augmentation.MixUp(1.0, classes=6)]
    videos, labels = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=layers, **OPTIONS))
    assert labels.shape == (6, 6)
    np.testing.assert_allclose(labels.sum(1), 1, atol=1e-6)
    assert (labels.max(1) < 0.99).any()
    for video, shares in zip(videos, labels, strict=True):
        blend = np.tensordot(shares, CLIPS[:, :, 2:10, 6:14].astype(float), 1)
        np.testing.assert_allclose(video, blend, atol=1)


@pytest.mark.parametrize("training", [False, True])
def test_three_crops_of_a_clip_follow_each_other(training):
    options = {**OPTIONS, "training": training}
    dataset = finish(elements(CLIPS, LABELS, SEEDS), augment=augmentation.ThreeCrop(12), **options)
    assert dataset.cardinality() == 5
    videos, labels = concatenated(dataset)
    assert labels.tolist() == np.repeat(LABELS, 3).tolist()
    np.testing.assert_array_equal(videos[2], CLIPS[0, :, :, 8:])


def test_any_keras_layer_can_augment():
    halve = keras.layers.Rescaling(0.5)
    videos, _ = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=halve, **OPTIONS))
    np.testing.assert_allclose(videos, CLIPS / 2)


def test_layers_of_a_sequential_are_applied_like_a_list():
    def layers():
        return [augmentation.RandomCrop(8), augmentation.RandomFlip(), augmentation.MixUp(1.0, 6)]

    crop, *rest = layers()
    nested = keras.Sequential([keras.Sequential([crop]), *rest])
    for training in (True, False):
        options = {**OPTIONS, "training": training}
        listed = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=layers(), **options))
        inside = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=nested, **options))
        for one, other in zip(listed, inside, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("training", [False, True])
def test_keras_layers_get_the_training_argument(training):
    layers = [keras.layers.Rescaling(1.0), keras.layers.GaussianNoise(1.0)]
    options = {**OPTIONS, "training": training}
    videos, _ = concatenated(finish(elements(CLIPS, LABELS, SEEDS), augment=layers, **options))
    assert (videos != CLIPS).any() == training
    np.testing.assert_allclose(videos, CLIPS, atol=10)


def test_a_mixing_layer_with_a_wrong_number_of_classes_raises():
    layer = augmentation.CutMix(1.0, 5)
    with pytest.raises(ValueError, match=r"CutMix must have the 6 classes.*classes=5"):
        finish(elements(CLIPS, LABELS, SEEDS), augment=layer, classes=6, **OPTIONS)


def test_the_box_of_cut_mix_is_independent_of_a_later_flip():
    """The seed of the box must not be the seed of the flip two layers later."""
    count = 400
    seeds = np.random.default_rng(0).integers(-(2**31), 2**31, (count, 2)).astype("int32")
    clips = np.zeros((count, 1, 16, 16, 1), "uint8")
    clips[:, :, :, :8] = 100
    clips[count // 2 :] += 100
    before = [augmentation.CutMix(1.0, count), augmentation.CenterCrop(16)]
    mixed, _ = apply(before, clips, np.arange(count), seeds)
    both, _ = apply([*before, augmentation.RandomFlip()], clips, np.arange(count), seeds)
    flipped = np.any(mixed.numpy() != both.numpy(), axis=(1, 2, 3, 4))
    rows = np.any(mixed.numpy() != clips, axis=(1, 3, 4))
    pasted = rows.any(1)
    upper = (rows * np.arange(16)).sum(1) / np.maximum(rows.sum(1), 1) < 7.5
    assert abs(flipped[pasted & upper].mean() - flipped[pasted & ~upper].mean()) < 0.25
