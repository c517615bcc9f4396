"""Inflated networks give the output of the image network on a clip of equal frames."""

import keras
import numpy as np
import pytest
from backend import answer

from keras_nonlocal import models
from keras_nonlocal.weights import load_inflated
from keras_nonlocal.weights.assign import named_weights
from keras_nonlocal.weights.inflate import inflate


def image_weights(model, seed=0):
    """Returns random weights of an image network: kernels have no time axis."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, variable in named_weights(model).items():
        if "_nonlocal/" not in name:
            shape = variable.shape[1:] if len(variable.shape) == 5 else variable.shape
            value = rng.normal(0, 0.1, shape)
            arrays[name] = np.abs(value) + 0.5 if "variance" in name else value
    return arrays


def test_inflation_keeps_the_sum_over_time():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 4, 5))
    inflated = inflate(kernel, 5)
    assert inflated.shape == (5, 3, 3, 4, 5)
    np.testing.assert_allclose(inflated.sum(axis=0), kernel)


def test_inflation_to_no_frames_is_an_error():
    with pytest.raises(ValueError, match="frames=0"):
        inflate(np.ones((3, 3, 1, 1)), 0)


def test_a_still_clip_gets_the_output_of_its_frame():
    """C2D treats frames as the image network does. I3D must agree in the middle of the clip."""
    c2d = models.c2d_small(include_top=False, variant="slowfast_nopool")
    i3d = models.nl_i3d_small(include_top=False, variant="slowfast_nopool")
    arrays = image_weights(c2d)
    load_inflated(c2d, arrays)
    load_inflated(i3d, arrays)
    frame = np.random.default_rng(1).normal(size=(1, 1, 64, 64, 3)).astype("float32")
    still = np.repeat(frame, 40, axis=1)
    expected = answer(c2d, frame)[0, 0]
    middle = answer(i3d, still)[0, 20]
    np.testing.assert_allclose(middle, expected, rtol=1e-3, atol=1e-4)


def test_non_local_blocks_keep_their_weights():
    model = models.nl_i3d_small()
    block = model.get_layer("res3_1_nonlocal")
    before = [keras.ops.convert_to_numpy(weight) for weight in block.weights]
    load_inflated(model, image_weights(model))
    for weight, kept in zip(block.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), kept)


@pytest.mark.parametrize("fault", ["missing", "extra", "shape"])
def test_weights_that_do_not_fit_are_an_error_and_change_nothing(fault):
    model = models.i3d_small()
    arrays = image_weights(model)
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.weights]
    if fault == "missing":
        del arrays["conv1_conv/kernel"]
    elif fault == "extra":
        arrays["res9_0_1_conv/kernel"] = np.zeros((1, 1, 2, 2))
    else:
        arrays["conv1_conv/kernel"] = np.zeros((7, 7, 3, 99))
    culprit = "res9_0_1_conv/kernel" if fault == "extra" else "conv1_conv/kernel"
    with pytest.raises(ValueError, match=culprit):
        load_inflated(model, arrays)
    for weight, kept in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), kept)
