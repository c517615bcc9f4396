"""What wrappers add to the names of a checkpoint is left out where the names then fit."""

import pytest
from weights.name_maps.synthetic import VIDEO_SOURCES, entries

from keras_nonlocal.weights import SOURCES, find_source
from keras_nonlocal.weights.name_maps.readings import best_reading

# By what is said to be left out: a prefix of all names.
PREFIXES = {
    ("module.",): "module.",
    ("_orig_mod.",): "_orig_mod.",
    ("_orig_mod.", "module."): "module._orig_mod.",
    ("ema.",): "ema.",
    ("module.", "ema_model."): "ema_model.module.",
    ("student.net.",): "student.net.",
}


def names_of(source):
    return [
        name
        for name, _ in entries(source, 50, 0 if source in ("pytorchvideo", "torchvision") else 5)
    ]


@pytest.mark.parametrize("left_out", PREFIXES, ids=PREFIXES.values())
@pytest.mark.parametrize("source", VIDEO_SOURCES)
def test_a_prefix_of_all_names_is_left_out(source, left_out):
    names = names_of(source)
    wrapped = [PREFIXES[left_out] + name for name in names]
    assert find_source(wrapped) == source
    assert best_reading(wrapped, SOURCES[source].knows) == (
        dict(zip(wrapped, names, strict=True)),
        left_out,
    )


@pytest.mark.parametrize("source", VIDEO_SOURCES)
def test_names_that_fit_are_read_as_they_are(source):
    names = names_of(source)
    assert best_reading(names, SOURCES[source].knows) == ({name: name for name in names}, ())


def test_counters_of_averages_need_no_prefix():
    names = ["n_averaged", "steps", *(f"module.{name}" for name in names_of("mmaction2"))]
    assert find_source(names) == "mmaction2"
    assert best_reading(names, SOURCES["mmaction2"].knows).names["steps"] == "steps"


def test_wrappers_of_parts_of_a_network_are_left_out():
    names = names_of("mmaction2")
    wrapped = [name.replace("backbone.", "backbone._orig_mod.") for name in names]
    assert find_source(wrapped) == "mmaction2"
    assert list(best_reading(wrapped, SOURCES["mmaction2"].knows).names.values()) == names


def test_second_weights_of_mmcv_are_ignored():
    names = names_of("mmaction2")
    averages = [f"ema_{name.replace('.', '_')}" for name in names if "running" not in name]
    assert find_source(names + averages) == "mmaction2"


def test_the_error_of_unknown_names_says_what_was_left_out():
    names = [f"module.{name}" for name in names_of("mmaction2")] + ["module.neck.weight"]
    message = r"names without 'module\.', of which mmaction2 does not know 1: \['module\.neck\.w"
    with pytest.raises(ValueError, match=message):
        find_source(names)


def test_one_network_under_two_prefixes_is_no_fit():
    names = [f"{copy}.{name}" for copy in ("model", "ema") for name in names_of("gluoncv")]
    with pytest.raises(
        ValueError, match=r"without 'model\.', of which gluoncv does not know 3\d\d"
    ):
        find_source(names)
