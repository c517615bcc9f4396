"""Folded networks do not compute frames that a pooling layer skips."""

import keras
import numpy as np
import pytest
from backend import answer
from export.test_fold_batch_norm import with_statistics
from keras import layers

from keras_nonlocal import models
from keras_nonlocal.cost import flops
from keras_nonlocal.export.fold_batch_norm import fold_batch_norm
from keras_nonlocal.layers import Conv3D, MaxPool3D


def pooled(x, size=(1, 3, 3), strides=(2, 2, 2), pooling=MaxPool3D, **options):
    return pooling(size, strides, name="pool", **options)(x)


def convolved(inputs, kernel=(3, 3, 3), strides=(2, 2, 2), convolution=Conv3D, **options):
    return convolution(4, kernel, strides, name="conv", **options)(inputs)


def assert_strides(outputs, inputs, conv, pool, shape=(1, 23, 24, 24, 3)):
    """Compares strides, and outputs for several lengths that the strides do not divide."""
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
    "directly": lambda x: pooled(convolved(x)),
    "layers of Keras": lambda x: pooled(
        convolved(x, convolution=layers.Conv3D), pooling=layers.AveragePooling3D
    ),
    "after a norm that can be folded": lambda x: pooled(
        layers.ReLU()(layers.BatchNormalization()(convolved(x)))
    ),
    "after a norm that cannot be folded": lambda x: pooled(
        layers.BatchNormalization()(layers.ReLU()(convolved(x)))
    ),
    "after spatial padding": lambda x: pooled(layers.ZeroPadding3D((0, 1, 1))(convolved(x))),
    "with an activation": lambda x: pooled(convolved(x, activation="relu")),
    "pooling with padding": lambda x: pooled(convolved(x), padding="same"),
    "with a longer kernel": lambda x: pooled(convolved(x, kernel=(5, 3, 3))),
}


@pytest.mark.parametrize("network", SKIPPED.values(), ids=SKIPPED)
def test_skipped_frames_are_not_computed(network):
    inputs = keras.Input((None, 24, 24, 3))
    assert_strides(network(inputs), inputs, conv=4, pool=1)


def test_strides_are_multiplied():
    inputs = keras.Input((None, 24, 24, 3))
    outputs = pooled(convolved(inputs, strides=(3, 1, 1)), strides=(2, 2, 2))
    assert_strides(outputs, inputs, conv=6, pool=1)


def _read_twice(inputs):
    x = convolved(inputs)
    return [pooled(x), layers.GlobalAveragePooling3D()(x)]


def _also_an_output(inputs):
    x = convolved(inputs)
    return [pooled(x), x]


@keras.saving.register_keras_serializable("tests")
def from_mean_in_time(x):
    return x - keras.ops.mean(x, axis=1, keepdims=True)


COMPUTED = {
    "pooling of two frames": lambda x: pooled(convolved(x), size=(2, 3, 3)),
    "another reader": _read_twice,
    "an output of the model": _also_an_output,
    "padding in time": lambda x: pooled(layers.ZeroPadding3D((1, 0, 0))(convolved(x))),
    "padding that depends on the stride": lambda x: pooled(convolved(x, padding="same")),
    "a norm with statistics of the batch": lambda x: pooled(
        layers.BatchNormalization()(layers.ReLU()(convolved(x)), training=True)
    ),
    "an activation over time": lambda x: pooled(convolved(x, activation=from_mean_in_time)),
    "a layer that mixes frames": lambda x: pooled(MaxPool3D((3, 1, 1), (1, 1, 1))(convolved(x))),
}


@pytest.mark.parametrize("network", COMPUTED.values(), ids=COMPUTED)
def test_frames_that_are_read_are_computed(network):
    inputs = keras.Input((None, 24, 24, 3))
    assert_strides(network(inputs), inputs, conv=2, pool=2)


def test_a_shared_convolution_is_not_changed():
    inputs = keras.Input((None, 24, 24, 3))
    shared = Conv3D(4, 3, 2, name="conv")
    outputs = [pooled(shared(inputs)), shared(2 * inputs)]
    assert_strides(outputs, inputs, conv=2, pool=2)


def test_half_of_the_stem_of_mmaction2_is_saved():
    model = with_statistics(models.nl_i3d_small(variant="mmaction2"))
    folded = fold_batch_norm(model)
    assert folded.get_layer("conv1_conv").strides == (4, 2, 2)
    shape = (32, 64, 64, 3)
    saved_macs = flops(model, shape).total_macs - flops(folded, shape).total_macs
    taps, channels, filters = 5 * 7 * 7, 3, model.get_layer("conv1_conv").filters
    assert saved_macs == 8 * 32 * 32 * taps * channels * filters
    x = np.random.default_rng(1).normal(size=(2, *shape)).astype("float32")
    np.testing.assert_allclose(answer(folded, x), answer(model, x), rtol=1e-4, atol=1e-6)


def test_other_stems_compute_all_frames():
    for variant in ("official_32x2", "official_8x8", "slowfast"):
        model = models.nl_i3d_small(variant=variant)
        folded = fold_batch_norm(model)
        for name in ("conv1_conv", "pool1", "pool2"):
            assert folded.get_layer(name).strides == model.get_layer(name).strides


def test_a_norm_of_another_model():
    inputs = keras.Input((None, 24, 24, 3))
    norm = layers.BatchNormalization()
    keras.Model(inputs, norm(layers.ReLU()(Conv3D(4, 3)(inputs))))
    assert_strides(pooled(norm(layers.ReLU()(convolved(inputs)))), inputs, conv=4, pool=1)
