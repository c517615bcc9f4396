"""Safetensors files are read with their library, and refused if they are damaged."""

import struct
import sys

import numpy as np
import pytest
from checkpoints.hostile_files import each, little


def table(head, data=b"\0" * 16):
    return little("Q", len(head)) + head + data


def entry(kind="F32", shape="[4]", place="[0,16]", name="w"):
    return f'"{name}":{{"dtype":"{kind}","shape":{shape},"data_offsets":{place}}}'


def entries(*entries):
    return table(f"{{{','.join(entries)}}}".encode())


SAFETENSORS = {
    "its header has": {
        "2^40 bytes": little("Q", 1 << 40) + b"{}",
        "more than is read": table(b"{" + b" " * (1 << 23) + b"}"),
    },
    "header": {
        "no table": table(b"{nothing"),
        "data beyond": entries(entry(shape="[99]", place="[0,396]")),
        "less data": entries(entry(shape="[3]", place="[0,12]")),
        "huge shape": entries(entry(shape="[4611686018427387904,4]")),
        "wrong shape": entries(entry(shape="[5]")),
        "negative shape": entries(entry(shape="[-4]")),
        "negative start": entries(entry(place="[-16,0]")),
        "shared data": entries(entry(), entry(name="v")),
        "unknown type": entries(entry("O8", "[2]")),
        "many brackets": table(b'{"w":' + b"[" * 1_000_000),
    },
    "has the type F8_E4M3": {"8 bits": entries(entry("F8_E4M3", "[16]"))},
}


@each(SAFETENSORS)
def test_hostile_safetensors_are_refused(refused, reason, data):
    pytest.importorskip("safetensors")
    assert reason in refused(data)


def test_valid_safetensors_are_read(read):
    pytest.importorskip("safetensors")
    np.testing.assert_array_equal(read(entries(entry()))["w"], np.zeros(4, "f4"), strict=True)


TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "b1"]


def test_safetensors_of_every_type(read, tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    random = np.random.default_rng(4)
    arrays = {kind: random.integers(0, 2, (3, 2, 5)).astype(kind) for kind in TYPES}
    arrays |= {"kernel": random.normal(size=(8, 3, 5, 7, 7)).astype("f4"), "scalar": np.array(7)}
    library.save_file(arrays, tmp_path / "written")
    found = read((tmp_path / "written").read_bytes())
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name, strict=True)


def test_bfloat16_of_safetensors_becomes_float32(read):
    pytest.importorskip("safetensors")
    head = b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    data = struct.pack("<Q", len(head)) + head + np.array([0x3F80, 0xC000], "u2").tobytes()
    expected = np.array([1, -2], "f4")
    np.testing.assert_array_equal(read(data)["w"], expected, strict=True)


def test_safetensors_without_the_library_name_the_extra(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r'pip install "keras_nonlocal\[safetensors\]"'):
        read(struct.pack("<Q", 2) + b"{}")
