"""Multiply-adds of other layers. Those of the published networks are in `models/test_counts.py`."""

import keras
import pytest
from keras import layers

from keras_nonlocal.cost import flops
from keras_nonlocal.layers import (
    CrissCross2D,
    DisentangledNonLocal2D,
    GlobalContext2D,
    NonLocal1D,
    WindowAverage3D,
)

KINDS = {
    "convolution": lambda **form: layers.Conv2D(4, 3, strides=2, **form),
    "transposed": lambda **form: layers.Conv2DTranspose(4, 3, **form),
    "depthwise": lambda **form: layers.DepthwiseConv2D(3, depth_multiplier=2, **form),
    "separable": lambda **form: layers.SeparableConv2D(4, 3, **form),
}
# Number of positions, times the size of the kernels.
EXPECTED = {
    "convolution": 4 * 4 * 9 * 3 * 4,
    "transposed": 9 * 10 * 9 * 3 * 4,
    "depthwise": 7 * 8 * 9 * 3 * 2,
    "separable": 7 * 8 * (9 * 3 + 3 * 4),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["channels_last", "channels_first"])
def test_convolutions_in_both_data_formats(kind, form):
    shape = (9, 10, 3) if form == "channels_last" else (3, 9, 10)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, KINDS[kind](data_format=form)(inputs))
    assert flops(model, shape).total_macs == EXPECTED[kind]


def test_operations_without_weights_count_nothing():
    inputs = keras.Input((9, 10, 3))
    x = layers.Conv2D(4, 3)(inputs)
    assert flops(keras.Model(inputs, x + 1.0), (9, 10, 3)) == flops(
        keras.Model(inputs, x), (9, 10, 3)
    )


def test_non_local_1d():
    model = keras.Sequential([keras.Input((None, 12)), NonLocal1D(5), layers.Dense(3)])
    positions, channels, inner = 20, 12, 5
    projections = 3 * positions * channels * inner + positions * inner * channels
    affinity = 2 * positions * positions * inner
    assert flops(model, (20, 12)).total_macs == projections + affinity + 20 * 12 * 3


def test_a_shared_layer_counts_its_parameters_once():
    inputs, dense = keras.Input((8, 8)), layers.Dense(8)
    counted = flops(keras.Model(inputs, dense(dense(inputs))), (8, 8))
    assert (counted.total_macs, counted.parameters) == (2 * 8 * 64, 72)


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        (layers.DepthwiseConv2D(3, depth_multiplier=2), 36 * 9 * 4 * 2),
        (layers.SeparableConv2D(5, 3), 36 * (9 * 4 + 4 * 5)),
        (layers.Conv2DTranspose(5, 2, strides=2), 64 * 4 * 4 * 5),
        (layers.Conv2D(6, 3, groups=2), 36 * 9 * 2 * 6),
    ],
)
def test_convolutions_with_options(layer, macs):
    model = keras.Sequential([keras.Input((8, 8, 4)), layer])
    assert flops(model, (8, 8, 4)).total_macs == macs


def test_a_layer_with_the_name_of_the_classifier_counts_every_position():
    inputs = keras.Input((10, 6))
    model = keras.Model(inputs, layers.Dense(4, name="logits")(inputs))
    assert flops(model, (10, 6)).total_macs == 10 * 6 * 4


def test_the_classifier_of_windows_counts_once():
    inputs = keras.Input((2, 9, 9, 6))
    x = WindowAverage3D(7)(inputs)
    model = keras.Model(inputs, layers.Dense(4, name="logits")(layers.Dropout(0.5)(x)))
    assert flops(model, (2, 9, 9, 6)).total_macs == 2 * 9 * 9 * 6 + 6 * 4


def test_multiply_adds_of_the_relatives_of_the_block():
    """Counted by hand for 8 x 12 positions of 16 channels."""
    n, c = 96, 16
    expected = {
        GlobalContext2D(4): 2 * n * c + 2 * c * 4,
        DisentangledNonLocal2D(8): 4 * n * c * 8 + n * c + n * n * (8 + 8),
        CrissCross2D(2): 2 * n * (2 * c * 2 + c * c + (8 + 12 - 1) * (2 + c)),
    }
    for layer, macs in expected.items():
        inputs = keras.Input((8, 12, c))
        assert flops(keras.Model(inputs, layer(inputs)), (8, 12, c)).total_macs == macs
