"""Chains of layers with seeds, and without them in evaluation."""

import numpy as np
from augmentation.cases import LABELS, clips

from keras_nonlocal import augmentation
from keras_nonlocal.augmentation import chain


def test_each_layer_of_a_chain_gets_its_own_random_numbers():
    twice = [augmentation.RandomFlip(), augmentation.RandomFlip()]
    flips = [chain.apply(twice, clips(1, 1), seeds=[[0, seed]])[0].numpy() for seed in range(20)]
    # Two flips with the same draw would undo each other.
    assert any((flip != clips(1, 1)).any() for flip in flips)


def test_a_chain_without_seeds_is_deterministic():
    layers = [augmentation.RandomCrop(12), augmentation.ThreeCrop(8), augmentation.Normalization()]
    changed, labels = chain.apply(layers, clips(), LABELS)
    np.testing.assert_allclose(changed[1], (clips()[0, :, 6:14, 9:17] - 114.75) / 57.375, atol=1e-5)
    assert labels.numpy().tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
