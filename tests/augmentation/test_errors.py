"""Errors for invalid arguments and clips."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from augmentation.cases import LABELS, clips

from keras_nonlocal import augmentation

INVALID_ARGUMENTS = [
    (augmentation.RandomCrop, {"size": 0}, "positive integer"),
    (augmentation.CenterCrop, {"size": (1, 2, 3)}, "positive integer or 2"),
    (augmentation.ThreeCrop, {"size": 2.5}, "positive integer or 2"),
    (augmentation.RandomShortSideCrop, {"size": 224, "short_side": (200, 256)}, "must not exceed"),
    (augmentation.RandomShortSideCrop, {"size": 8, "short_side": (20, 10)}, "lower one first"),
    (augmentation.RandomShortSideCrop, {"size": 8, "short_side": (8.5, 10)}, "positive integer"),
    (augmentation.ResizeShortSide, {"short_side": -1}, "positive integer"),
    (augmentation.RandomResizedCrop, {"size": 8, "scale": (0.0, 1.0)}, "`scale` must be a number"),
    (augmentation.RandomResizedCrop, {"size": 8, "ratio": 1.0}, "two ends of a range"),
    (augmentation.MultiScaleCrop, {"size": 0}, "positive integer"),
    (augmentation.MultiScaleCrop, {"size": 8, "scales": ()}, "list of numbers"),
    (augmentation.MultiScaleCrop, {"size": 8, "scales": 0.8}, "list of numbers"),
    (augmentation.MultiScaleCrop, {"size": 8, "scales": (1.0, 1.2)}, "`scales` must be a number"),
    (augmentation.MultiScaleCrop, {"size": 8, "steps_apart": -1}, "at least 0"),
    (augmentation.MultiScaleCrop, {"size": 8, "positions": 4}, "one of 5, 13, None"),
    (augmentation.RandomAffine, {"zoom": 0.8}, "from 1 to 100"),
    (augmentation.RandomAffine, {"shift": -0.1}, "from 0 to 1"),
    (augmentation.RandomAffine, {"turn": 4}, "`turn` must be a number"),
    (augmentation.RandomGrayscale, {"p": 1.1}, "from 0 to 1"),
    (augmentation.RandomInvert, {"p": None}, "from 0 to 1"),
    (augmentation.RandomTint, {"tint": 1.5}, "from 0 to 1"),
    (augmentation.RandomNoise, {"deviation": -2}, "from 0 to 255"),
    (augmentation.RandomFlip, {"p": 1.5}, "from 0 to 1"),
    (augmentation.RandomFlip, {"veto": "left"}, "class indices"),
    (augmentation.RandomFlip, {"veto": [-1]}, "class indices"),
    (augmentation.RandomFlip, {"pairs": [0, 1]}, "pairs of class indices"),
    (augmentation.RandomFlip, {"pairs": [(0, 1, 2)]}, "pairs of class indices"),
    (augmentation.RandomFlip, {"pairs": [(0, -1)]}, "pairs of class indices"),
    (augmentation.RandomFlip, {"pairs": [(1, 1)]}, "in one pair"),
    (augmentation.RandomFlip, {"pairs": [(0, 1), (1, 2)]}, "in one pair"),
    (augmentation.RandomFlip, {"pairs": [(0, 1)], "veto": [1]}, "not in `veto`"),
    (augmentation.RandomColorJitter, {"hue": 0.6}, "from 0 to 0.5"),
    (augmentation.RandomColorJitter, {"contrast": -0.1}, "`contrast`"),
    (augmentation.RandAugment, {"magnitude": 31}, "from 0 to 30"),
    (augmentation.RandAugment, {"num_layers": 0}, "positive integer"),
    (augmentation.MixUp, {"alpha": 0}, "`alpha`"),
    (augmentation.CutMix, {"classes": 0}, "`classes`"),
    (augmentation.RandomErasing, {"area": (0.5, 0.2)}, "lower one first"),
    (augmentation.RandomErasing, {"value": 256}, "from 0 to 255"),
    (augmentation.Normalization, {"std": (1.0, 0.0, 1.0)}, "`std`"),
    (augmentation.FrameWise, {"layer": keras.layers.Dense(3)}, "image layer"),
    (augmentation.FrameWise, {"layer": keras.layers.MixUp()}, "image layer"),
    (augmentation.FrameWise, {"layer": keras.layers.RandomColorJitter()}, "RandomColorJitter"),
]

INVALID_CLIPS = [
    (augmentation.RandomFlip(), np.zeros((4, 4, 3)), "one clip without the batch"),
    (augmentation.RandomFlip(), (1, 2, 3), "a pair"),
    (augmentation.RandomFlip(veto=[1]), clips(), "give `\\(clips, labels\\)`"),
    (augmentation.MixUp(classes=3), clips(), "give `\\(clips, labels\\)`"),
    (augmentation.CutMix(), (clips(), LABELS), "number of `classes`"),
    (augmentation.MixUp(classes=3), (clips(), LABELS[:, None]), r"rows \(B, 3\).*shape \(3, 1\)"),
    (augmentation.CutMix(classes=3), (clips(), np.eye(3, 4)), r"classes=3.*shape \(3, 4\)"),
    (augmentation.MixUp(classes=3), (clips(), LABELS / 2), "must be integers.*float64"),
    (augmentation.MixUp(classes=3), (clips(), LABELS[:2]), "one label for each clip"),
    (augmentation.RandomFlip(), [clips(), clips()], "Two batches of clips are not a pair"),
    (augmentation.RandomFlip(veto=[0]), (clips(), LABELS[:, None]), r"more than 0 classes"),
    (augmentation.RandomFlip(veto=[3]), (clips(), np.eye(3)), r"more than 3 classes.*\(3, 3\)"),
    (augmentation.RandomCrop(21), clips(), "RandomResizedCrop"),
    (augmentation.CenterCrop((20, 27)), clips(), "ResizeShortSide"),
    (augmentation.ThreeCrop(40), clips(), "ResizeShortSide"),
    (augmentation.RandomColorJitter(0.1), clips()[..., :1], "3 channels"),
    (augmentation.RandAugment(), clips()[..., :2], "3 channels"),
    (augmentation.RandomGrayscale(0.5), clips()[..., :1], "3 channels"),
    (augmentation.RandomTint(0.5), clips()[..., :2], "3 channels"),
    (augmentation.Normalization((1, 2), 1), clips(), "one for each of 3 channels"),
    (augmentation.RandomErasing(value=(1, 2)), clips(), "one for each of 3 channels"),
]


@pytest.mark.parametrize(("layer", "arguments", "message"), INVALID_ARGUMENTS)
def test_invalid_arguments_are_refused(layer, arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        layer(**arguments)
    assert "Received: " in str(error.value)


@pytest.mark.parametrize(("layer", "inputs", "message"), INVALID_CLIPS)
def test_invalid_clips_are_refused(layer, inputs, message):
    with pytest.raises(ValueError, match=message) as error:
        layer(inputs)
    assert "Received: " in str(error.value)


def test_small_clips_of_unknown_size_are_refused_in_tf_data():
    free = tf.TensorSpec((None, None, None, None, 3), tf.uint8)
    data = tf.data.Dataset.from_generator(lambda: iter([clips()]), output_signature=free)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Scale first, with ResizeShortSide"):
        next(iter(data.map(augmentation.RandomCrop(21))))


def test_unknown_rank_is_refused():
    data = tf.data.Dataset.from_generator(lambda: iter([clips()]), output_types=tf.uint8)
    with pytest.raises(ValueError, match=r"tf\.ensure_shape"):
        data.map(augmentation.RandomFlip())


def test_augment_refuses_a_single_clip():
    with pytest.raises(ValueError, match="take a batch"):
        augmentation.RandomFlip().augment(clips()[0], None, [[0, 0]])
