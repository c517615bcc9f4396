"""Saving and loading of layers and of models that contain them."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from augmentation.cases import CASES, FRAME_WISE, clips, each_layer

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="inside models they need TensorFlow"
)

_LOAD = """
import sys, keras, numpy as np
import keras_nonlocal.augmentation
folder = sys.argv[1]
model = keras.models.load_model(f"{folder}/layers.keras")
outputs = model(np.load(f"{folder}/clips.npy"), training=False)
np.savez(f"{folder}/loaded.npz", *outputs)
"""


@each_layer
def test_get_config_round_trip(case):
    config = case.make(name="changed").get_config()
    assert config["name"] == "changed"
    for name in set(case.config) - {"layer"}:
        assert config[name] == case.config[name]
    assert case.layer.from_config(config).get_config() == config


def test_layers_load_in_a_new_process(tmp_path):
    inputs = keras.Input((None, None, None, 3))
    layers = [case.make() for case in [*CASES, FRAME_WISE] if not case.num_classes]
    model = keras.Model(inputs, [layer(inputs) for layer in layers])
    model.save(tmp_path / "layers.keras")
    np.save(tmp_path / "clips.npy", clips(dtype="float32"))
    expected = model(clips(dtype="float32"), training=False)
    command = [sys.executable, "-c", _LOAD, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    loaded = np.load(tmp_path / "loaded.npz")
    assert len(loaded.files) == len(layers)
    for index, output in enumerate(expected):
        np.testing.assert_array_equal(loaded[f"arr_{index}"], output)


@pytest.mark.parametrize(
    "case", [each for each in CASES if each.num_classes], ids=lambda each: each.name
)
def test_models_with_labels_can_be_loaded(case, tmp_path):
    inputs = keras.Input((None, None, None, 3)), keras.Input((), dtype="int32")
    keras.Model(inputs, case.make()(inputs)).save(tmp_path / "mixed.keras")
    again = keras.models.load_model(tmp_path / "mixed.keras")
    _, rows = again.predict((clips(dtype="float32"), np.array([0, 1, 2])), verbose=0)
    np.testing.assert_array_equal(rows, np.eye(3))
