"""Folded networks do not compute frames that a pooling drops, and answer as before."""

import keras
import numpy as np
import pytest
from backend import answer
from export.test_fold_batch_norm import with_statistics
from keras import layers

from keras_nonlocal import models
from keras_nonlocal.cost import flops
from keras_nonlocal.export.fold_batch_norm import fold_batch_norm
from keras_nonlocal.layers import Conv3D
from keras_nonlocal.layers.pooling import MaxPool3D


def pooled(x, size=(1, 3, 3), strides=(2, 2, 2), pooling=MaxPool3D, **options):
    return pooling(size, strides, name="pool", **options)(x)


def convolved(inputs, kernel=(3, 3, 3), strides=(2, 2, 2), convolution=Conv3D, **options):
    return convolution(4, kernel, strides, name="conv", **options)(inputs)


def assert_strides(outputs, inputs, conv, pool, shape=(1, 23, 24, 24, 3)):
    """Frames of which neither stride is a divisor must end in the same place, too."""
    model = with_statistics(keras.Model(inputs, outputs))
    folded = fold_batch_norm(model)
    assert folded.get_layer("conv").strides[0] == conv
    assert folded.get_layer("pool").strides == (pool, 2, 2)
    for frames in range(shape[1], shape[1] + 5):
        x = np.random.default_rng(frames).normal(size=(1, frames, *shape[2:])).astype("float32")
        answers = zip(*(keras.tree.flatten(each(x)) for each in (folded, model)), strict=True)
        for one, other in answers:
            one, other = map(keras.ops.convert_to_numpy, (one, other))
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


SKIPPED = {
    "at once": lambda x: pooled(convolved(x)),
    "Keras's own layers": lambda x: pooled(
        convolved(x, convolution=layers.Conv3D), pooling=layers.AveragePooling3D
    ),
    "behind a norm that can be folded": lambda x: pooled(
        layers.ReLU()(layers.BatchNormalization()(convolved(x)))
    ),
    "behind one that cannot": lambda x: pooled(
        layers.BatchNormalization()(layers.ReLU()(convolved(x)))
    ),
    "behind zeros around the picture": lambda x: pooled(
        layers.ZeroPadding3D((0, 1, 1))(convolved(x))
    ),
    "with its own activation": lambda x: pooled(convolved(x, activation="relu")),
    "pooled with zeros": lambda x: pooled(convolved(x), padding="same"),
    "of other lengths": lambda x: pooled(convolved(x, kernel=(5, 3, 3))),
}


@pytest.mark.parametrize("network", SKIPPED.values(), ids=SKIPPED)
def test_frames_that_are_dropped_are_not_computed(network):
    inputs = keras.Input((None, 24, 24, 3))
    assert_strides(network(inputs), inputs, conv=4, pool=1)


def test_strides_are_multiplied():
    inputs = keras.Input((None, 24, 24, 3))
    outputs = pooled(convolved(inputs, strides=(3, 1, 1)), strides=(2, 2, 2))
    assert_strides(outputs, inputs, conv=6, pool=1)


def _read_twice(inputs):
    x = convolved(inputs)
    return [pooled(x), layers.GlobalAveragePooling3D()(x)]


def _given_too(inputs):
    x = convolved(inputs)
    return [pooled(x), x]


@keras.saving.register_keras_serializable("tests")
def from_mean_in_time(x):
    return x - keras.ops.mean(x, axis=1, keepdims=True)


COMPUTED = {
    "two frames are pooled": lambda x: pooled(convolved(x), size=(2, 3, 3)),
    "somebody else reads them": _read_twice,
    "they are an output": _given_too,
    "zeros are put between frames": lambda x: pooled(layers.ZeroPadding3D((1, 0, 0))(convolved(x))),
    "padding depends on the stride": lambda x: pooled(convolved(x, padding="same")),
    "a norm uses the batch": lambda x: pooled(
        layers.BatchNormalization()(layers.ReLU()(convolved(x)), training=True)
    ),
    "an activation may see time": lambda x: pooled(convolved(x, activation=from_mean_in_time)),
    "a layer mixes frames": lambda x: pooled(MaxPool3D((3, 1, 1), (1, 1, 1))(convolved(x))),
}


@pytest.mark.parametrize("network", COMPUTED.values(), ids=COMPUTED)
def test_frames_that_count_are_computed(network):
    inputs = keras.Input((None, 24, 24, 3))
    assert_strides(network(inputs), inputs, conv=2, pool=2)


def test_a_convolution_of_two_calls_is_left_alone():
    inputs = keras.Input((None, 24, 24, 3))
    shared = Conv3D(4, 3, 2, name="conv")
    outputs = [pooled(shared(inputs)), shared(2 * inputs)]
    assert_strides(outputs, inputs, conv=2, pool=2)


def test_half_of_the_stem_of_mmaction2_is_spared():
    model = with_statistics(models.nl_i3d_small(variant="mmaction2"))
    folded = fold_batch_norm(model)
    assert folded.get_layer("conv1_conv").strides == (4, 2, 2)
    shape = (32, 64, 64, 3)
    spared = flops(model, shape).total_macs - flops(folded, shape).total_macs
    taps, channels, filters = 5 * 7 * 7, 3, model.get_layer("conv1_conv").filters
    assert spared == 8 * 32 * 32 * taps * channels * filters
    x = np.random.default_rng(1).normal(size=(2, *shape)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-4, atol=1e-6)


def test_other_stems_compute_every_frame():
    for variant in ("official_32x2", "official_8x8", "slowfast"):
        model = models.nl_i3d_small(variant=variant)
        folded = fold_batch_norm(model)
        for name in ("conv1_conv", "pool1", "pool2"):
            assert folded.get_layer(name).strides == model.get_layer(name).strides


def test_a_norm_that_another_model_called_as_well_is_gone_through():
    inputs = keras.Input((None, 24, 24, 3))
    norm = layers.BatchNormalization()
    keras.Model(inputs, norm(layers.ReLU()(Conv3D(4, 3)(inputs))))
    assert_strides(pooled(norm(layers.ReLU()(convolved(inputs)))), inputs, conv=4, pool=1)
