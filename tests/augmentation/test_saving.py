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
for path in sys.argv[1:]:
    model = keras.models.load_model(path)
    x, y = np.load(path + ".x.npy"), np.load(path + ".y.npy")
    np.testing.assert_array_equal(model(x, training=False), y)
    print("loaded", path)
"""


@each_layer
def test_get_config_round_trip(case):
    config = case.make(name="changed").get_config()
    assert config["name"] == "changed"
    for name in set(case.config) - {"layer"}:
        assert config[name] == case.config[name]
    assert case.layer.from_config(config).get_config() == config


def test_models_load_in_a_new_process(tmp_path):
    paths = []
    for case in [each for each in [*CASES, FRAME_WISE] if not each.num_classes]:
        layer = case.make()
        model = keras.Sequential([keras.Input((None, None, None, 3)), layer])
        paths.append(str(tmp_path / f"{case.name}.keras"))
        model.save(paths[-1])
        x = clips(dtype="float32")
        np.save(paths[-1] + ".x.npy", x)
        np.save(paths[-1] + ".y.npy", model(x, training=False))
    result = subprocess.run(
        [sys.executable, "-c", _LOAD, *paths], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [word for path in paths for word in ("loaded", path)]


@pytest.mark.parametrize(
    "case", [each for each in CASES if each.num_classes], ids=lambda each: each.name
)
def test_models_with_labels_can_be_loaded(case, tmp_path):
    inputs = keras.Input((None, None, None, 3)), keras.Input((), dtype="int32")
    keras.Model(inputs, case.make()(inputs)).save(tmp_path / "mixed.keras")
    again = keras.models.load_model(tmp_path / "mixed.keras")
    _, rows = again.predict((clips(dtype="float32"), np.array([0, 1, 2])), verbose=0)
    np.testing.assert_array_equal(rows, np.eye(3))
