"""Saving and loading of layers and of their weights."""

import subprocess
import sys

import keras
import numpy as np
from backend import answer
from conformance.cases import CASES, each_case, trained

_LOAD = """
import sys, keras, numpy as np
import keras_nonlocal
folder = sys.argv[1]
model = keras.models.load_model(f"{folder}/layers.keras")
arrays = np.load(f"{folder}/inputs.npz")
outputs = model.predict([arrays[name] for name in arrays.files], verbose=0)
np.savez(f"{folder}/loaded.npz", *outputs)
"""


@each_case
def test_get_config_round_trip(case):
    layer = case.make()
    config = layer.get_config()
    for name, value in case.config.items():
        assert config[name] == value
    assert type(layer).from_config(config).get_config() == config


def test_layers_load_in_a_new_process(tmp_path):
    """One model has all layers, each with its own input."""
    inputs = [keras.Input(case.shape[1:]) for case in CASES]
    layers = [trained(case.make(name=case.name), case) for case in CASES]
    model = keras.Model(inputs, [layer(x) for layer, x in zip(layers, inputs, strict=True)])
    model.save(tmp_path / "layers.keras")
    arrays = [case.input() for case in CASES]
    np.savez(tmp_path / "inputs.npz", *arrays)
    command = [sys.executable, "-c", _LOAD, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    loaded = np.load(tmp_path / "loaded.npz")
    assert len(loaded.files) == len(CASES)
    for index, expected in enumerate(answer(model, arrays)):
        np.testing.assert_allclose(loaded[f"arr_{index}"], expected, rtol=1e-6, atol=1e-6)


@each_case
def test_weights_files_restore_the_layer(case, tmp_path):
    def make():
        return keras.Sequential([keras.Input(case.shape[1:]), case.make()])

    model, other = make(), make()
    trained(model.layers[0], case)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    x = case.input()
    np.testing.assert_array_equal(answer(other, x), answer(model, x))
