"""Multiply-adds of layers in other forms than those of the networks here."""

import keras
import pytest
from keras import layers

from keras_nonlocal.cost import flops

KINDS = {
    "convolution": lambda **form: layers.Conv2D(4, 3, strides=2, **form),
    "transposed": lambda **form: layers.Conv2DTranspose(4, 3, **form),
    "depthwise": lambda **form: layers.DepthwiseConv2D(3, depth_multiplier=2, **form),
    "separable": lambda **form: layers.SeparableConv2D(4, 3, **form),
}
# Places, times the numbers of the kernels that each of them takes.
EXPECTED = {
    "convolution": 4 * 4 * 9 * 3 * 4,
    "transposed": 9 * 10 * 9 * 3 * 4,
    "depthwise": 7 * 8 * 9 * 3 * 2,
    "separable": 7 * 8 * (9 * 3 + 3 * 4),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["channels_last", "channels_first"])
def test_convolutions_count_each_place_wherever_the_channels_are(kind, form):
    shape = (9, 10, 3) if form == "channels_last" else (3, 9, 10)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, KINDS[kind](data_format=form)(inputs))
    assert flops(model, shape).total_macs == EXPECTED[kind]


def test_adding_a_number_counts_nothing():
    inputs = keras.Input((9, 10, 3))
    x = layers.Conv2D(4, 3)(inputs)
    assert flops(keras.Model(inputs, x + 1.0), (9, 10, 3)) == flops(
        keras.Model(inputs, x), (9, 10, 3)
    )
