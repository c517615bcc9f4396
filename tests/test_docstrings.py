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

pytestmark = pytest.mark.usefixtures("unoptimized_graphs")
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(keras_nonlocal.__path__, "keras_nonlocal.")
    if not module.name.endswith("__main__") and ".entries" not in module.name
)
# These names raise no error of their own on bad input, so they need no `Raises:`.
CANNOT_RAISE = {
    "Backbone": "Keras checks the arguments.",
    "BlockHealth": "It is a record without checks.",
    "Box": "It is a record without checks.",
    "BatchNorm": "Keras checks the arguments.",
    "Conv3D": "Keras checks the arguments.",
    "Manifest": "It is a record without checks.",
    "Models": "It is a record without checks.",
    "ObjectImage": "It is a record without checks.",
    "Position": "It is a record without checks.",
    "Predictor": "It is a protocol, which others implement.",
    "RegionAttention": "It is a record without checks.",
    "ResizeLike": "Keras checks the arguments.",
    "Run": "It is a record without checks.",
    "Segment": "It is a record without checks.",
    "TimedAnswer": "It is a record without checks.",
    "Task": "It is a protocol, which others implement.",
    "TrainingData": "It is a record without checks.",
    "VideoClassifier": "It is a record without checks.",
    "attention_pool": "It is a formula of tensors.",
    "subtract_mean": "It is a formula of tensors.",
    "criss_cross": "It is a formula of tensors.",
    "anchor_boxes": "It is a formula of tensors.",
    "box_iou": "It is a formula of tensors.",
    "clip_boxes": "It is a formula of tensors.",
    "decode_boxes": "It is a formula of tensors.",
    "encode_boxes": "It is a formula of tensors.",
    "keypoint_peaks": "It is a formula of tensors.",
    "keypoint_targets": "It is a formula of tensors.",
    "mask_targets": "It is a formula of tensors.",
    "match_boxes": "It is a formula of tensors.",
    "non_maximum_suppression": "It is a formula of tensors.",
    "paste_masks": "It is a formula of tensors.",
    "pyramid_levels": "It is a formula of tensors.",
    "sample_boxes": "It is a formula of tensors.",
    "resize_bilinear": "It is a formula of tensors.",
    "cache_root": "It has no arguments.",
    "cached_path": "It only joins names, and asks for no file.",
    "card_names": "It has no arguments.",
    "markdown_table": "It writes what a card holds.",
    "recipe_names": "It has no arguments.",
}


NAMES = {name for names in PUBLIC.values() for name in names.split()}


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
    del TESTS[name]  # the example is that of 50 layers, and the network takes long to build
LARGE = [name for name in TESTS if re.search(r"\.models\..*_[rx]\d+", name)]


@pytest.fixture(scope="module")
def jumping(tmp_path_factory):
    """Writes the video that examples read."""
    path = tmp_path_factory.mktemp("video") / "jumping.mp4"
    keras_nonlocal.video.samples.sample_video.write_sample(path)
    return path


@pytest.fixture
def place(jumping, tmp_path, monkeypatch):
    """A folder with the video, in which an example runs."""
    shutil.copy(jumping, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gc, "collect", lambda: 0)  # takes a second each time after many models


def run_examples(name):
    keras.utils.clear_session()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    output = []
    runner.run(TESTS[name], out=output.append, clear_globs=False)
    assert runner.failures == 0, "".join(output)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("name", [name for name in TESTS if name not in LARGE])
def test_examples_run(name):
    run_examples(name)


@pytest.mark.usefixtures("place", "undrawn_weights")
@pytest.mark.parametrize("name", LARGE)
def test_examples_of_large_networks_run(name):
    run_examples(name)


def exported(room):
    """Yields the functions and classes of this package that a room exports."""
    module = importlib.import_module(f"keras_nonlocal.{room}".rstrip("."))
    for name in PUBLIC[room].split():
        value = getattr(module, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value


def sections(docstring):
    """Returns what follows each heading such as `Args:`, by heading."""
    parts = re.split(r"^(\w+):[^\S\n]*$", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def parameters(value):
    """Returns the names of the parameters that this package defines, and not Keras or Python."""
    function = value.__init__ if inspect.isclass(value) else value
    is_own = (getattr(function, "__module__", None) or "").startswith("keras_nonlocal")
    if is_error(value) or not is_own:
        return getattr(value, "_fields", ())  # those of a named tuple
    found = inspect.signature(value).parameters.values()
    # Layers pass `**kwargs` on to Keras.
    return [each.name for each in found if each.name != "kwargs"]


def is_error(value):
    return inspect.isclass(value) and issubclass(value, BaseException)


def documented_parameters(value):
    """Returns the names under `Args:` and `Attributes:`, with those of public base classes."""
    bases = inspect.getmro(value) if inspect.isclass(value) else ()
    classes = [each for each in bases if each.__name__ in NAMES]
    texts = [sections(inspect.getdoc(each) or "") for each in classes or [value]]
    arguments = "".join(text.get("Args", "") + text.get("Attributes", "") for text in texts)
    entries = re.findall(r"^ {4}(\S[^:]*):", arguments, re.MULTILINE)
    return set(re.findall(r"\w+", " ".join(entries)))


def missing_parts(name, value):
    """Returns what the docstring of a public function or class lacks."""
    docstring = inspect.getdoc(value) or ""
    found = sections(docstring)
    documented = documented_parameters(value)
    returned = inspect.get_annotations(value).get("return") if inspect.isfunction(value) else None
    is_there = {
        "a docstring": bool(docstring),
        **{f"`{each}` in Args": each in documented for each in parameters(value)},
        "Returns": returned in (None, "None") or "Returns" in found,
        "Raises": is_error(value) or name in CANNOT_RAISE or "Raises" in found,
        "Example": "Example" in found,
    }
    return [part for part in is_there if not is_there[part]]


@pytest.mark.parametrize("room", PUBLIC)
def test_public_docstrings_have_all_their_sections(room):
    missing = {name: missing_parts(name, value) for name, value in exported(room)}
    lines = [f"{name} lacks {', '.join(parts)}" for name, parts in missing.items() if parts]
    assert not lines, f"Docstrings of keras_nonlocal.{room}:\n" + "\n".join(lines)


def test_names_that_cannot_raise_are_public():
    assert set(CANNOT_RAISE) <= NAMES
