"""Saved layers load in a process that has only imported the package, and answer alike."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from backend import answer
from conformance.cases import CASES, each_case, trained

_LOAD = """
import sys, keras, numpy as np
import keras_nonlocal
folder = sys.argv[1]
for name in sys.argv[2:]:
    model = keras.models.load_model(f"{folder}/{name}.keras")
    x, y = np.load(f"{folder}/{name}_x.npy"), np.load(f"{folder}/{name}_y.npy")
    actual = keras.ops.convert_to_numpy(model(x, training=False))
    np.testing.assert_allclose(actual, y, rtol=1e-6, atol=1e-6)
    print("loaded", name)
"""


@each_case
def test_the_configuration_rebuilds_the_layer(case):
    layer = case.make()
    config = layer.get_config()
    for name, value in case.config.items():
        assert config[name] == value
    again = type(layer).from_config(config)
    assert again.get_config() == config


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    for case in CASES:
        layer = trained(case.make(), case)
        model = keras.Sequential([keras.Input(case.shape[1:]), layer])
        model.save(folder / f"{case.name}.keras")
        np.save(folder / f"{case.name}_x.npy", case.input())
        np.save(folder / f"{case.name}_y.npy", answer(model, case.input()))
    return folder


def test_models_load_in_a_fresh_process(saved):
    names = [case.name for case in CASES]
    command = [sys.executable, "-c", _LOAD, str(saved), *names]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [word for name in names for word in ("loaded", name)]


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
