"""Whether saved models say the same in a process that knows only the files and some modules."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

import keras_nonlocal

TESTS = Path(__file__).parent


def flat(tensors):
    """Arrays that can be stored; strings as bytes."""
    arrays = [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(tensors)]
    return [each.astype("S") if each.dtype == object else each for each in arrays]


def assert_same_in_a_new_process(models, folder, *modules):
    """Saves models, loads all of them in one new process, and compares what they say.

    Args:
        models: Pairs of a model and its inputs.
        folder: Where to save them.
        modules: Modules of the tests and packages that the new process imports first.
    """
    for index, (model, x) in enumerate(models):
        model.save(folder / f"{index}.keras")
        np.savez(folder / f"{index}.inputs.npz", *flat(x))
    package = Path(keras_nonlocal.__file__).parents[1]
    paths = os.pathsep.join([str(package), str(TESTS), os.environ.get("PYTHONPATH", "")])
    script = [sys.executable, __file__, folder, "keras_nonlocal", *modules]
    subprocess.run(script, env=os.environ | {"PYTHONPATH": paths}, check=True, timeout=600)
    for index, (model, x) in enumerate(models):
        with np.load(folder / f"{index}.outputs.npz") as found:
            for one, other in zip(found.values(), flat(model(x, training=False)), strict=True):
                np.testing.assert_array_equal(one, other)


def main(folder, *modules):
    for module in modules:
        importlib.import_module(module)
    for path in Path(folder).glob("*.keras"):
        model = keras.models.load_model(path, compile=False, safe_mode=False)  # for `Lambda`
        with np.load(path.with_suffix(".inputs.npz")) as inputs:
            x = [keras.ops.convert_to_tensor(each) for each in inputs.values()]
        outputs = model(keras.tree.pack_sequence_as(model.input, x), training=False)
        np.savez(path.with_suffix(".outputs.npz"), *flat(outputs))


if __name__ == "__main__":
    main(*sys.argv[1:])
