"""Files that lie about what is where, in each format, and files that are no checkpoints at all."""

import itertools
import pickle
import struct
import zipfile

import numpy as np
import pytest
from weights.checkpoints import writers
from weights.checkpoints.tables import doubled
from weights.checkpoints.writers import Called, Named

from keras_nonlocal.weights import read_checkpoint

HUGE = 1 << 40
ONES = np.ones(4, "f4")


def length(layout, *sizes):
    return struct.pack(layout, *sizes)


def tensor(*arguments, of=None, name="_rebuild_tensor_v2"):
    of = writers.storage(ONES) if of is None else of
    filled = [of if argument is Ellipsis else argument for argument in arguments]
    return {"w": Called(Named("torch._utils", name), tuple(filled))}


def storage_of(kind="FloatStorage", count=None, key="0"):
    storage = writers.Storage(ONES, kind, key)
    if count is not None:
        storage.__class__ = type("Lying", (writers.Storage,), {"count": count})
    return storage


REST = (False, {})


# Zip files.
def torch_members(**replaced):
    """A right file, with some members replaced, or left out where None."""
    storages = [writers.Storage(np.ones(n, "f4"), "FloatStorage", str(n)) for n in (3, 5)]
    content = {f"w{s.key}": writers.view(s, 0, (s.count,), (1,)) for s in storages}
    members = writers.torch_members(content) | {
        f"archive/{name}": data for name, data in replaced.items()
    }
    return {name: data for name, data in members.items() if data is not None}


def with_bytes(data, place, new):
    return data[:place] + new + data[place + len(new) :]


RIGHT = writers.zip_bytes(torch_members())
DIRECTORY = RIGHT.index(b"PK\x01\x02")  # and its first entry, of data.pkl
END = RIGHT.rindex(b"PK\x05\x06")
BYTES = torch_members()
ZIPS = {
    "compressed": writers.zip_bytes(BYTES, zipfile.ZIP_DEFLATED),
    "bomb": writers.zip_bytes(BYTES | {"archive/data/9": b"\0" * (1 << 28)}, zipfile.ZIP_DEFLATED),
    "bomb for a pickle": writers.zip_bytes(
        {"archive/data.pkl": b"\x80\x02" + b"N" * (1 << 26)}, zipfile.ZIP_DEFLATED
    ),
    "encrypted": with_bytes(RIGHT, DIRECTORY + 8, b"\x01"),
    "unpacked size": with_bytes(RIGHT, DIRECTORY + 24, length("<I", 1 << 31)),
    "both sizes": with_bytes(RIGHT, DIRECTORY + 20, length("<2I", 1 << 31, 1 << 31)),
    "64 bit sizes that are missing": with_bytes(RIGHT, DIRECTORY + 20, b"\xff" * 8),
    "start beyond": with_bytes(RIGHT, DIRECTORY + 42, length("<I", 1 << 31)),
    "start of another": with_bytes(RIGHT, DIRECTORY + 42, length("<I", 1)),
    "members over each other": with_bytes(
        RIGHT, DIRECTORY + 42, length("<I", RIGHT.index(b"PK\x03\x04", 4))
    ),
    "long name": with_bytes(RIGHT, DIRECTORY + 28, b"\xff\xff"),
    "name that is no text": with_bytes(RIGHT, DIRECTORY + 46, b"\xff\xfe"),
    "long comment": with_bytes(RIGHT, DIRECTORY + 32, b"\xff\xff"),
    "no entry": with_bytes(RIGHT, DIRECTORY, b"PK\x09\x09"),
    "large directory": with_bytes(RIGHT, END + 12, length("<I", 1 << 31)),
    "huge directory": with_bytes(RIGHT, END + 12, b"\xff" * 8),
    "directory elsewhere": with_bytes(RIGHT, END + 16, length("<I", 0)),
    "directory that is one byte longer": with_bytes(
        RIGHT, END + 12, length("<I", END - DIRECTORY + 1)
    ),
    "comment at the end": RIGHT + b"comment",
    "empty": writers.zip_bytes({}),
    "no pickle": writers.zip_bytes(torch_members(**{"data.pkl": None})),
    "two pickles": writers.zip_bytes(BYTES | {"other/data.pkl": b"\x80\x02}."}),
    "pickle in the root": writers.zip_bytes({"data.pkl": BYTES["archive/data.pkl"]}),
    "missing storage": writers.zip_bytes(torch_members(**{"data/3": None})),
    "swapped storages": writers.zip_bytes(
        torch_members(**{"data/3": BYTES["archive/data/5"], "data/5": BYTES["archive/data/3"]})
    ),
    "long storage": writers.zip_bytes(torch_members(**{"data/3": b"\0" * 13})),
    "unknown order": writers.zip_bytes(torch_members(byteorder="middle")),
    "long order": writers.zip_bytes(torch_members(byteorder=b"little" * 1000)),
    "parent": writers.zip_bytes(BYTES | {"archive/../../escaped": b"x"}),
    "parent for a root": writers.zip_bytes(writers.torch_members({"w": ONES.size}, root="../a")),
    "absolute": writers.zip_bytes(BYTES | {"/tmp/escaped": b"x"}),
    "absolute root": writers.zip_bytes(writers.torch_members({"w": ONES.size}, root="/tmp/a")),
    "storage elsewhere": writers.zip_bytes(
        writers.torch_members(tensor(..., 0, (4,), (1,), *REST, of=storage_of(key="../3")))
    ),
}


@pytest.mark.parametrize("name", ZIPS)
def test_zip_files_that_lie(refused, name):
    refused(ZIPS[name])


def test_the_file_that_the_lies_are_made_from_is_right(tmp_path):
    (tmp_path / "right.pth").write_bytes(RIGHT)
    assert {
        name: array.size for name, array in read_checkpoint(tmp_path / "right.pth").items()
    } == {
        "w3": 3,
        "w5": 5,
    }


def test_zip_files_of_very_many_members(refused):
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 9, 6, *[0] * 6)
    names = (f"{n:06}".encode() for n in itertools.count())
    for count in (75_000, 300_000):  # under and over the limit
        directory = b"".join(entry + next(names) for _ in range(count))
        start = struct.pack("<4s5H3I2H", b"PK\x03\x04", *[0] * 10)
        end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0, 0, len(directory), len(start), 0)
        refused(start + directory + end)


# Old files of PyTorch.
def old(keys=None, content=None):
    storages = [writers.Storage(np.ones(n, "f4"), "FloatStorage", str(n)) for n in (3, 5)]
    weights = {f"w{s.key}": writers.view(s, 0, (s.count,), (1,)) for s in storages}
    return writers.torch_legacy(weights if content is None else content, keys=keys)


def part(*place):
    storage = writers.Storage(ONES, "FloatStorage", "0", place)
    return old(content={"w": writers.view(storage, 0, (1,), (1,))})


OLD = {
    "swapped storages": old(keys=["5", "3"]),
    "missing storage": old(keys=["3"]),
    "storage twice": old(keys=["3", "3", "5"]),
    "unknown storage": old(keys=["3", "5", "7"]),
    "numbers for keys": old(keys=[3, 5]),
    "dict of keys": old(keys={"3": 1, "5": 2}),
    "text of keys": old(keys="35"),
    "doubled keys": old()[: -len(pickle.dumps(["3", "5"], 2)) - 16 - 32]
    + b"\x80\x02"
    + doubled(200)
    + b".",
    "count that lies": old().replace(length("<q", 5), length("<q", 6)),
    "huge count": old().replace(length("<q", 5), length("<q", HUGE)),
    "negative count": old().replace(length("<q", 5), length("<q", -5)),
    "part beyond": part(3, 2),
    "part before": part(-1, 2),
    "part of -1": part(3, -1),
    "huge part": part(0, HUGE),
    "part of texts": part("0", "1"),
    "part of three": part(0, 1, 2),
    "another version": pickle.dumps(writers.MAGIC, 2) + pickle.dumps(1002, 2),
    "only the number": pickle.dumps(writers.MAGIC, 2),
    "two descriptions": old(
        content={
            "a": writers.view(storage_of(), 0, (4,), (1,)),
            "b": writers.view(storage_of("IntStorage"), 0, (4,), (1,)),
        }
    ),
}


@pytest.mark.parametrize("name", OLD)
def test_old_files_that_lie(refused, name):
    refused(OLD[name])


# Files that are something else.
OTHERS = {
    "nothing": b"",
    "one byte": b"\x80",
    "a page": b"<!DOCTYPE html><html>Not found</html>",
    "a pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
    "HDF5": b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
    "gzip": b"\x1f\x8b\x08" + b"\0" * 100,
    "tar": b"archive/data.pkl" + b"\0" * 496,
    "zeros": b"\0" * 5000,
    "noise": np.random.default_rng(0).bytes(5000),
    "text that Python runs": b"import os\nos.system('true')\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files(refused, name):
    refused(OTHERS[name])


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        read_checkpoint(tmp_path)


# Safetensors.
def safetensors_file(head, data=b"\0" * 16, size=None):
    return length("<Q", len(head) if size is None else size) + head + data


SAFETENSORS = {
    "table beyond": safetensors_file(b"{}", size=HUGE),
    "table over the limit": safetensors_file(b"{" + b" " * (1 << 23) + b"}"),
    "no table": safetensors_file(b"{nothing"),
    "data beyond": safetensors_file(b'{"w":{"dtype":"F32","shape":[99],"data_offsets":[0,396]}}'),
    "huge shape": safetensors_file(
        b'{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}'
    ),
    "shared data": safetensors_file(
        b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},'
        b'"b":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
    ),
    "negative start": safetensors_file(b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}'),
    "unknown type": safetensors_file(b'{"w":{"dtype":"O8","shape":[2],"data_offsets":[0,16]}}'),
    "type of 8 bits": safetensors_file(
        b'{"w":{"dtype":"F8_E4M3","shape":[16],"data_offsets":[0,16]}}'
    ),
}


@pytest.mark.parametrize("name", SAFETENSORS)
def test_safetensors_that_lie(refused, name):
    pytest.importorskip("safetensors")
    refused(SAFETENSORS[name])
