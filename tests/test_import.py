"""Importing the package loads neither Keras nor TensorFlow, but saved layers can be loaded."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_nonlocal
from keras_nonlocal import layers
from keras_nonlocal.layers import pooling

PACKAGE = Path(keras_nonlocal.__file__).parent
NAME = "TF_ENABLE_ONEDNN_OPTS"


def run_python(script, *arguments, **environment):
    """Runs a script in a new process of Python, and returns the words that it prints."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if name != NAME} | environment
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


LIGHT = """
import sys
import keras_nonlocal
for package in ("data", "download", "pretrained", "video", "zoo"):
    getattr(keras_nonlocal, package)
keras_nonlocal.pretrained.read_card("nl_i3d_small_weizmann")
keras_nonlocal.video.read_clip, keras_nonlocal.__version__
print(*({"keras", "tensorflow", "matplotlib"} & set(sys.modules)))
"""


def test_lazy_packages_import_neither_keras_nor_tensorflow():
    assert run_python(LIGHT) == []


def registered_classes():
    """Yields the names of all classes that a saved model may hold, by reading the sources."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and any(
                "register_keras_serializable" in ast.unparse(each) for each in node.decorator_list
            ):
                yield f"keras_nonlocal>{node.name}"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Saves a model of this package's layers, with an input and its outputs."""
    inputs = keras.Input((4, 12, 12, 3))
    x = layers.BatchNorm()(layers.Conv3D(8, (3, 3, 3), padding="same")(inputs))
    x = layers.NonLocal3D()(pooling.MaxPool3D((1, 2, 2))(x))
    flat = keras.layers.Reshape((4, 6, 48))(x)
    flat = layers.ResizeLike()([layers.NonLocal2D()(flat), flat])
    line = layers.NonLocal1D()(keras.layers.Reshape((24, 48))(flat))
    model = keras.Model(inputs, [layers.WindowAverage3D(3)(x), line])
    folder = tmp_path_factory.mktemp("saved")
    clip = np.random.default_rng(0).normal(size=(1, 4, 12, 12, 3)).astype("float32")
    model.save(folder / "model.keras")
    outputs = [keras.ops.convert_to_numpy(each) for each in model(clip)]
    np.savez(folder / "values.npz", clip, *outputs)
    return folder


ORDERS = {
    "before": "import keras_nonlocal, keras",
    "after": "import keras\nimport keras_nonlocal",
    "a package before": "import keras_nonlocal.ops\nimport keras",
    "a module of videos before": "import keras_nonlocal.video.pipeline\nimport keras",
}


@pytest.fixture(scope="module")
def load(saved):
    """Loads the model in a new process that imports in an order, and returns what it prints."""

    @cache
    def load(order):
        return run_python(ORDERS[order] + LOAD, saved, KERAS_BACKEND="tensorflow")

    return load


LOAD = """
import sys, numpy as np
model = keras.saving.load_model(sys.argv[1] + "/model.keras")
values = np.load(sys.argv[1] + "/values.npz")
found = model(values["arr_0"])
for one, other in zip(found, (values["arr_1"], values["arr_2"])):
    np.testing.assert_allclose(keras.ops.convert_to_numpy(one), other, atol=1e-5)
from tensorflow.python.util import _pywrap_util_port
print("oneDNN:", _pywrap_util_port.IsMklEnabled(), *keras.saving.get_custom_objects())
"""


@pytest.mark.parametrize("order", ORDERS)
def test_saved_models_load_in_a_new_process(order, load):
    assert set(registered_classes()) <= set(load(order))


THREADS = """
import sys, threading, time
import keras_nonlocal
from importlib import import_module

def imported(name, wait):
    time.sleep(wait)
    try:
        import_module(name)
    except BaseException as error:
        print("failed:", name, error)

threads = [threading.Thread(target=imported, args=(name, 0.25 * place))
           for place, name in enumerate(sys.argv[1:])]
for thread in threads:
    thread.start()
while threading.active_count() > 1:
    time.sleep(0.01)
import keras
from tensorflow.python.util import _pywrap_util_port
print("oneDNN:", _pywrap_util_port.IsMklEnabled(), *keras.saving.get_custom_objects())
"""
PACKAGES = ("keras_nonlocal.training", "keras_nonlocal.layers", "keras_nonlocal.backbones")


@cache
def import_in_threads(packages):
    """Imports packages in a new process without oneDNN, and returns what it prints."""
    return run_python(THREADS, *packages, KERAS_BACKEND="tensorflow", **{NAME: "0"})


@pytest.mark.parametrize(
    "packages",
    [
        ("keras", "keras_nonlocal.layers"),
        ("keras", "keras_nonlocal.training.fit"),
        PACKAGES,
    ],
    ids=" ".join,
)
def test_threads_can_import_keras_and_packages_at_once(packages):
    found = import_in_threads(packages)
    assert "failed:" not in found
    assert set(registered_classes()) <= set(found)


def test_onednn_is_on_unless_the_environment_turns_it_off(load):
    assert load("a package before")[:2] == ["oneDNN:", "True"]
    assert import_in_threads(PACKAGES)[:2] == ["oneDNN:", "False"]
