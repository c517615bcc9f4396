"""Examples in docstrings run; the docstring of every public name has all its sections."""

import doctest
import gc
import importlib
import inspect
import pkgutil
import re
import shutil

import keras
import numpy as np
import pytest
from test_floors import PUBLIC

import keras_nonlocal

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(keras_nonlocal.__path__, "keras_nonlocal.")
    if not module.name.endswith("__main__") and ".entries" not in module.name
)
# No input makes these raise an error, so they need no `Raises:`.
CANNOT_RAISE = {
    "cache_root": "It takes no argument, and makes no folder.",
    "card_names": "It takes no argument.",
    "recipe_names": "It takes no argument.",
}


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


def exported(room):
    """The functions and classes of this package that a room shows, by name."""
    module = importlib.import_module(f"keras_nonlocal.{room}".rstrip("."))
    for name in PUBLIC[room].split():
        value = getattr(module, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value


def sections(docstring):
    """The sections of a docstring: what stands indented under a heading such as `Args:`."""
    parts = re.split(r"^(\w+):[^\S\n]*$", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def missing_parts(name, value):
    """What the docstring of a public function or class lacks."""
    docstring = inspect.getdoc(value) or ""
    found = sections(docstring)
    arguments = found.get("Args", "") + found.get("Attributes", "")
    named = set(
        re.findall(r"\w+", " ".join(re.findall(r"^ {4}(\S[^:]*):", arguments, re.MULTILINE)))
    )
    is_error = inspect.isclass(value) and issubclass(value, BaseException)
    parameters = {} if is_error else inspect.signature(value).parameters
    returned = inspect.get_annotations(value).get("return") if inspect.isfunction(value) else None
    wanted = {
        "a docstring": bool(docstring),
        **{
            f"`{each}` in Args": each in named
            for each, parameter in parameters.items()
            # `**kwargs` go to Keras, which documents them.
            if not (each == "kwargs" and parameter.kind is parameter.VAR_KEYWORD)
        },
        "Returns": returned in (None, "None") or "Returns" in found,
        "Raises": is_error or name in CANNOT_RAISE or "Raises" in found,
        "Example": "Example" in found,
    }
    return [part for part, is_there in wanted.items() if not is_there]


@pytest.mark.parametrize("room", PUBLIC)
def test_docstrings_have_all_their_sections(room):
    """Arguments, what is returned, which errors are raised, and an example."""
    missing = {name: missing_parts(name, value) for name, value in exported(room)}
    lines = [f"{name} lacks {', '.join(parts)}" for name, parts in missing.items() if parts]
    assert not lines, f"Docstrings of keras_nonlocal.{room}:\n" + "\n".join(lines)
