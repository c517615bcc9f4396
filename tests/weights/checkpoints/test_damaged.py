"""Files that were right once: cut off at every hundredth of their length, or with bytes changed."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weights.checkpoints import writers

from keras_nonlocal.weights import read_checkpoint

RANDOM = np.random.default_rng(0)
ARRAYS = {f"layer{n}.weight": RANDOM.normal(size=(4, 3, n)).astype("f4") for n in range(1, 9)}
TENSORS = {name: writers.tensor(array) for name, array in ARRAYS.items()}


def safetensors_file():
    return pytest.importorskip("safetensors.numpy").save(ARRAYS)


FORMATS = {
    "zip": lambda: writers.torch_zip(TENSORS),
    "legacy": lambda: writers.torch_legacy(TENSORS),
    "caffe2": lambda: writers.caffe2(ARRAYS),
    "safetensors": safetensors_file,
}
each_format = pytest.mark.parametrize("make", FORMATS.values(), ids=FORMATS)


@each_format
def test_the_whole_file_is_read(make, read):
    found = read(make())
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


@each_format
def test_a_file_that_is_cut_off_is_refused(make, refused):
    data = make()
    for percent in range(100):
        refused(data[: len(data) * percent // 100])
    refused(data[:-1])


@each_format
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=5)
)
def test_a_changed_file_is_refused_or_gives_arrays(make, tmp_path, changes):
    data = bytearray(make())
    for place, value in changes:
        data[int(place * len(data))] = value
    path = tmp_path / "changed.pth"
    path.write_bytes(data)
    problem = None
    try:
        found = read_checkpoint(path)
    except (ValueError, OSError) as error:
        problem = str(error)
    if problem is None:
        assert all(isinstance(array, np.ndarray) for array in found.values())
    else:
        assert "changed.pth" in problem
