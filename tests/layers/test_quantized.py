"""Quantized blocks are saved and loaded with the same outputs."""

import keras
import numpy as np
import pytest

from keras_nonlocal.layers import NonLocal1D, NonLocal2D, NonLocal3D

BLOCKS = {1: NonLocal1D, 2: NonLocal2D, 3: NonLocal3D}


def quantized(rank, mode, **options):
    keras.utils.set_random_seed(5)
    inputs = keras.Input((*[4] * rank, 16))
    model = keras.Model(inputs, BLOCKS[rank](**options)(inputs))
    rng = np.random.default_rng(5)
    for weight in model.weights:
        weight.assign(rng.uniform(0.2, 0.8, weight.shape))
    model.quantize(mode)
    return model


@pytest.mark.parametrize("mode", ["int8", "float8"])
@pytest.mark.parametrize(
    ("rank", "options"),
    [
        (1, {"instantiation": "gaussian"}),
        (2, {"norm": None, "pool_size": 2}),
        (3, {}),
        (3, {"instantiation": "concatenation", "out_bias": False}),
    ],
)
def test_a_quantized_block_is_saved_and_loaded(rank, options, mode, tmp_path):
    model = quantized(rank, mode, **options)
    x = np.random.default_rng(6).normal(size=(2, *[4] * rank, 16)).astype("float32")
    expected = model.predict(x, verbose=0)
    for _ in range(2):  # a network that was loaded is saved again
        model.save(tmp_path / "block.keras")
        model = keras.models.load_model(tmp_path / "block.keras")
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    kernels = [weight.dtype for weight in model.weights if weight.path.endswith("g/kernel")]
    assert kernels == ["int8" if mode == "int8" else "float32"]


def test_a_float_block_is_saved_as_before():
    layer = NonLocal3D()
    layer.build((None, 4, 4, 4, 16))
    assert layer.get_build_config()["quantized"] == {}
    again = NonLocal3D()
    again.build_from_config({"input_shape": (None, 4, 4, 4, 16)})  # as older files have it
    assert len(again.weights) == len(layer.weights)
