"""Examples in docstrings run and give what they say; every public name has a docstring."""

import doctest
import gc
import importlib
import inspect
import pkgutil
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_nonlocal

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(keras_nonlocal.__path__, "keras_nonlocal.")
    if not module.name.endswith("__main__") and ".entries" not in module.name
)
PUBLIC = [path.parent.name for path in Path(keras_nonlocal.__file__).parent.glob("*/__init__.py")]


def examples(name):
    names = {"keras": keras, "np": np, "keras_nonlocal": keras_nonlocal}
    module = importlib.import_module(name)
    for test in doctest.DocTestFinder(exclude_empty=True).find(
        module, globs={**vars(module), **names}
    ):
        if test.examples:
            yield test


TESTS = {test.name: test for name in MODULES for test in examples(name)}
for name in [name for name in TESTS if name.endswith("_r101")]:
    del TESTS[name]  # the same text as for 50 layers, and long to build


@pytest.fixture(scope="module")
def jumping(tmp_path_factory):
    """The video that examples read."""
    path = tmp_path_factory.mktemp("video") / "jumping.mp4"
    keras_nonlocal.video.samples.sample_video.write_sample(path)
    return path


@pytest.mark.parametrize("name", TESTS)
def test_examples_give_what_they_say(name, jumping, tmp_path, monkeypatch):
    shutil.copy(jumping, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gc, "collect", lambda: 0)  # a second each time, where much was built before
    keras.utils.clear_session()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said = []
    runner.run(TESTS[name], out=said.append, clear_globs=False)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("room", PUBLIC)
def test_every_public_function_and_class_says_what_it_does(room):
    module = importlib.import_module(f"keras_nonlocal.{room}")
    for name in (each for each in dir(module) if not each.startswith("_")):
        value = getattr(module, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert inspect.getdoc(value), f"{room}.{name} has no docstring"
