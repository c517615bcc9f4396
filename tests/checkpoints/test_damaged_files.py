"""A damaged file gives an error or arrays, and nothing else."""

import struct

import numpy as np
import pytest
from checkpoints import writers
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_nonlocal.checkpoints import read_checkpoint

ARRAYS = {
    "kernel": np.arange(600, dtype="f4").reshape(3, 4, 5, 10),
    "bias": np.ones(7, "f8"),
    "tracked": np.array(3),
    "mask": np.array([True, False]),
}


def tensors():
    shared = writers.storage(np.arange(24, dtype="i2"))
    views = {
        "view": writers.view(shared, 1, (3, 4), (1, 5)),
        "all": writers.view(shared, 0, (), ()),
    }
    return {"state_dict": {name: writers.tensor(a) for name, a in ARRAYS.items()} | views}


def safetensors_file():
    head = (
        b'{"w":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},'
        b'"b":{"dtype":"BF16","shape":[2],"data_offsets":[32,36]}}'
    )
    return struct.pack("<Q", len(head)) + head + bytes(range(36))


FILES = {
    "zip": writers.torch_zip(tensors()),
    "zip, protocol 5": writers.torch_zip(tensors(), 5, "big"),
    "old": writers.torch_legacy(tensors()),
    "old, protocol 1": writers.torch_legacy(tensors(), 1),
    "caffe2": writers.caffe2(ARRAYS | {"lr": np.float32(0.1), "model_iter": 5}),
    "caffe2, flat": writers.caffe2(ARRAYS, blobs=False),
    "safetensors": safetensors_file(),
}
each_file = pytest.mark.parametrize("name", FILES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged")


def outcome(path, data):
    """Reads bytes as a file. Returns `"arrays"`, `"error"`, or anything unexpected as it is."""
    path.write_bytes(data)
    try:
        found = read_checkpoint(path)
    except ValueError as error:
        return "error" if str(path) in str(error) else error
    whole = all(np.array(array).shape == array.shape for array in found.values())
    kinds = {(type(name), type(array)) for name, array in found.items()}
    return "arrays" if whole and kinds == {(str, np.ndarray)} else found


@each_file
def test_intact_files_are_read(folder, name):
    if name == "safetensors":
        pytest.importorskip("safetensors")
    assert outcome(folder / "whole.pth", FILES[name]) == "arrays"


@each_file
def test_truncated_files_are_refused(folder, name):
    if name == "safetensors":
        pytest.importorskip("safetensors")
    data = FILES[name]
    lengths = {len(data) * percent // 100 for percent in range(100)} | {len(data) - 1}
    assert {outcome(folder / "cut.pth", data[:length]) for length in lengths} == {"error"}


@each_file
@given(st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_changed_bytes_give_arrays_or_an_error(folder, name, changes):
    if name == "safetensors":
        pytest.importorskip("safetensors")
    data = bytearray(FILES[name])
    for place, byte in changes:
        data[place % len(data)] = byte
    assert outcome(folder / f"{name}.pth", bytes(data)) in ("arrays", "error")


@each_file
@given(st.lists(st.integers(0, 1 << 20), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_swapped_pieces_give_arrays_or_an_error(folder, name, places):
    if name == "safetensors":
        pytest.importorskip("safetensors")
    data = FILES[name]
    first, second, third = sorted(place % len(data) for place in places)
    exchanged = data[:first] + data[second:third] + data[first:second] + data[third:]
    assert outcome(folder / f"{name}.pth", exchanged) in ("arrays", "error")
