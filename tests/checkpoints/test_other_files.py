"""Old PyTorch files that lie, safetensors that lie, and files that are something else."""

import pickle

import numpy as np
import pytest
from checkpoints import writers
from checkpoints.tables import doubled, each, little

from keras_nonlocal.checkpoints import read_checkpoint

STORAGES = [writers.Storage(np.ones(n, "f4"), "FloatStorage", str(n)) for n in (3, 5)]
CONTENT = {f"w{s.key}": writers.view(s, 0, (s.count,), (1,)) for s in STORAGES}
RIGHT = writers.torch_legacy(CONTENT)
KEYS = len(pickle.dumps(["3", "5"], 2))
NUMBERS = 2 * 8 + 3 * 4 + 5 * 4
MAGIC = pickle.dumps(writers.MAGIC, 2)


def keys(*keys):
    return writers.torch_legacy(CONTENT, keys=list(keys))


def five(count):
    return RIGHT.replace(little("q", 5), little("q", count))


def part(*place):
    storage = writers.Storage(np.ones(4, "f4"), "FloatStorage", "0", place)
    return writers.torch_legacy({"w": writers.view(storage, 0, (1,), (1,))})


def two_descriptions():
    kinds = ["FloatStorage", "IntStorage"]
    storages = [writers.Storage(np.ones(4, "f4"), kind, "0") for kind in kinds]
    return writers.torch_legacy({s.kind: writers.view(s, 0, (4,), (1,)) for s in storages})


OLD = {
    "its list of storages is not that of its tensors": {
        "missing": keys("3"),
        "twice": keys("3", "3", "5"),
        "unknown": keys("3", "5", "7"),
        "numbers": keys(3, 5),
        "lists": keys([], []),
        "a dict": writers.torch_legacy(CONTENT, keys={"3": 1, "5": 2}),
        "a text": writers.torch_legacy(CONTENT, keys="35"),
        "doubled tuples": RIGHT[: -KEYS - NUMBERS] + b"\x80\x02]" + doubled(200) + b"a.",
    },
    "does not have 5 numbers": {
        "swapped storages": keys("5", "3"),
        "one more": five(6),
        "huge": five(1 << 40),
        "negative": five(-5),
    },
    "are used": {"part beyond": part(3, 2), "huge part": part(0, 1 << 40)},
    "sizes are integers": {"part before": part(-1, 2), "part of -1": part(3, -1)},
    "with other arguments than it takes": {
        "part of texts": part("0", "1"),
        "part of three": part(0, 1, 2),
    },
    "described in two ways": {"a storage": two_descriptions()},
    "of a version other than 1001": {
        "1002": MAGIC + pickle.dumps(1002, 2),
        "none": MAGIC + pickle.dumps({}, 2),
    },
    "it is cut off or damaged": {
        "after the number": MAGIC,
        "after the version": MAGIC + pickle.dumps(1001, 2),
        "before the storages": RIGHT[:-NUMBERS],
        "in the last number": RIGHT[:-1],
    },
}


@each(OLD)
def test_old_files_that_lie(refused, reason, data):
    assert reason in refused(data)


def test_the_old_file_that_the_lies_are_made_from_is_right(read):
    found = read(RIGHT)
    assert {name: array.size for name, array in found.items()} == {"w3": 3, "w5": 5}


def table(head, data=b"\0" * 16):
    return little("Q", len(head)) + head + data


def entry(kind="F32", shape="[4]", place="[0,16]", name="w"):
    return f'"{name}":{{"dtype":"{kind}","shape":{shape},"data_offsets":{place}}}'


def entries(*entries):
    return table(f"{{{','.join(entries)}}}".encode())


SAFETENSORS = {
    "table of contents has": {
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
def test_safetensors_that_lie(refused, reason, data):
    pytest.importorskip("safetensors")
    assert reason in refused(data)


def test_the_safetensors_that_the_lies_are_made_from_are_right(read):
    pytest.importorskip("safetensors")
    np.testing.assert_array_equal(read(entries(entry()))["w"], np.zeros(4, "f4"), strict=True)


OTHERS = {
    "it is empty": {"nothing": b""},
    "it starts with": {
        "page": b"<!DOCTYPE html><html>Not found</html>",
        "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
        "HDF5": b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
        "gzip": b"\x1f\x8b\x08" + b"\0" * 100,
        "tar": b"archive/data.pkl" + b"\0" * 496,
        "zeros": b"\0" * 5000,
        "empty zip": writers.zip_bytes({}),
        "program": b"import os\nos.system('true')\n",
        "noise": np.random.default_rng(0).bytes(5000),
    },
    "it is cut off or damaged": {"one byte of a pickle": b"\x80"},
}


@each(OTHERS)
def test_other_files(refused, reason, data):
    assert reason in refused(data)


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        read_checkpoint(tmp_path)
