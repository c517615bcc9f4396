"""Errors of the non-local layers for invalid arguments and inputs."""

import keras
import numpy as np
import pytest

from keras_nonlocal.layers import MaxPool3D, NonLocal1D, NonLocal2D, NonLocal3D


@pytest.mark.parametrize(
    ("layer", "config", "message"),
    [
        (NonLocal3D, {"instantiation": "softmax"}, "'embedded_gaussian'.*Received.*'softmax'"),
        (NonLocal3D, {"axes": "frames"}, "'spacetime', 'space', 'time'.*'frames'"),
        (NonLocal2D, {"axes": "time"}, "`axes` must be one of 'spacetime', 'space'"),
        (NonLocal1D, {"axes": "space"}, "`axes` must be one of 'spacetime', 'time'"),
        (NonLocal3D, {"pool_size": (2, 2)}, "3 of them.*Received: pool_size"),
        (NonLocal3D, {"pool_size": (1, 0, 2)}, "positive integer.*pool_size=0"),
        (NonLocal3D, {"pool_size": 1.5}, "pool_size"),
        (NonLocal3D, {"data_format": "channels_first"}, "NonLocal3D needs channels last.*inputs"),
        (MaxPool3D, {"data_format": "channels_first"}, "MaxPool3D needs channels last.*leave"),
        (NonLocal3D, {"pool_position": "middle"}, "'before', 'after'"),
        (NonLocal3D, {"inner_channels": 0}, "inner_channels=0"),
        (NonLocal3D, {"norm": "layer"}, "'batch', None"),
        (NonLocal3D, {"temporal_groups": -1}, "temporal_groups=-1"),
        (NonLocal3D, {"temporal_groups": 2, "axes": "space"}, "must include time"),
        (NonLocal2D, {"temporal_groups": 2}, "there must be frames"),
        (NonLocal3D, {"scale": True, "instantiation": "dot_product"}, "logits of a softmax"),
        (NonLocal3D, {"method": "sorted"}, "`method` must be one of 'auto'"),
        (NonLocal3D, {"axes": "time", "pool_size": (1, 2, 2)}, "leaves out"),
        (NonLocal3D, {"axes": "space", "pool_size": 2}, "leaves out"),
    ],
)
def test_invalid_arguments_are_refused(layer, config, message):
    with pytest.raises((ValueError, TypeError), match=message):
        layer(**config)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (NonLocal3D(), (2, 4, 4, 8), "expected ndim=5, found ndim=4"),
        (NonLocal1D(), (2, 4, 4, 8), "expected ndim=3, found ndim=4"),
        (NonLocal3D(pool_size=(1, 4, 4)), (2, 4, 3, 8, 8), "fit into the grid .*larger input"),
        (NonLocal3D(temporal_groups=3), (2, 4, 4, 4, 8), "must divide the number of frames"),
    ],
)
def test_invalid_input_shapes_are_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(np.zeros(shape, "float32"))
    with pytest.raises(ValueError, match=message):
        layer(keras.KerasTensor((None, *shape[1:])))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (NonLocal3D(), (4, 4, 4, 8), r"`x` must be \(B, \*grid, C\), 5 dimensions"),
        (NonLocal3D(pool_size=(1, 4, 4)), (2, 4, 3, 8, 8), "fit into the grid .*larger input"),
    ],
)
def test_attention_refuses_invalid_input_shapes(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.attention(np.zeros(shape, "float32"), [(0, 0, 0)])


def test_unknown_channels_are_refused():
    with pytest.raises(ValueError, match="channels"):
        NonLocal3D()(keras.KerasTensor((None, 4, 4, 4, None)))


def test_a_different_number_of_channels_is_refused():
    layer = NonLocal3D()
    layer.build((None, 4, 4, 4, 8))
    with pytest.raises(ValueError, match=r"axis -1 of input shape to have value 8.*4, 4, 6"):
        layer(np.zeros((2, 4, 4, 4, 6), "float32"))


def test_inputs_that_are_true_or_false_are_refused():
    with pytest.raises(ValueError, match=r"inputs of 'block' must be numbers. Received: bool"):
        NonLocal3D(name="block")(np.ones((1, 2, 4, 4, 8), bool))


def test_channels_last_may_be_said():
    layer = NonLocal3D(data_format="channels_last")
    assert layer(np.ones((1, 2, 4, 4, 8), "float32")).shape == (1, 2, 4, 4, 8)
