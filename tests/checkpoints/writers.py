"""Writes files in the formats of PyTorch and of Python 2's Caffe2, without either of them.

Functions and classes of those programs are written by name: `Named("torch._utils", "...")`.
"""

from __future__ import annotations

import io
import itertools
import pickle
import struct
import zipfile
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    "f2": "HalfStorage",
    "f4": "FloatStorage",
    "f8": "DoubleStorage",
    "i1": "CharStorage",
    "i2": "ShortStorage",
    "i4": "IntStorage",
    "i8": "LongStorage",
    "u1": "ByteStorage",
    "b1": "BoolStorage",
}
_numbers = itertools.count()


@dataclass(frozen=True)
class Named:
    """A function or class that a pickle refers to."""

    module: str
    name: str

    def __call__(self):
        raise TypeError("a name is only written")


@dataclass
class Called:
    """The call of a name, with the state and the items that the result gets."""

    function: Named
    arguments: tuple
    state: object = None
    items: dict | None = None

    def __reduce_ex__(self, protocol):
        items = None if self.items is None else iter(self.items.items())
        return self.function, self.arguments, self.state, None, items


@dataclass
class Storage:
    """Elements as they are in the file. `part` is (start, count) in a legacy file."""

    numbers: np.ndarray
    kind: str
    key: str = field(default_factory=lambda: str(next(_numbers)))
    part: tuple | None = None

    @property
    def count(self):
        return self.numbers.size


@dataclass(frozen=True)
class Python2Text:
    """A `str` of Python 2."""

    data: bytes


def storage(array):
    array = np.ascontiguousarray(array)
    return Storage(array.ravel(), STORAGES[array.dtype.str[1:]])


def tensor(array):
    """Returns a tensor with its own storage."""
    array = np.asarray(array)
    strides = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)
    return view(storage(array), 0, array.shape, strides[: array.ndim])


def view(of, offset, shape, strides):
    arguments = (of, offset, shape, strides, False, OrderedDict())
    return Called(Named("torch._utils", "_rebuild_tensor_v2"), arguments)


def parameter(value):
    arguments = (value, True, OrderedDict())
    return Called(Named("torch._utils", "_rebuild_parameter"), arguments)


def python2_array(array):
    """Returns an array as NumPy pickles it in Python 2."""
    dtype = python2_type(array.dtype)
    columns = array.flags.f_contiguous and not array.flags.c_contiguous
    data = Python2Text(array.tobytes("A"))
    state = (1, array.shape, dtype, columns, data)
    arguments = (Named("numpy", "ndarray"), (0,), Python2Text(b"b"))
    return Called(Named("numpy.core.multiarray", "_reconstruct"), arguments, state)


def python2_number(number):
    data = Python2Text(number.tobytes())
    arguments = (python2_type(number.dtype), data)
    return Called(Named("numpy.core.multiarray", "scalar"), arguments)


def python2_type(dtype):
    order = {"=": b"<", "<": b"<", ">": b">", "|": b"|"}[dtype.byteorder]
    state = (3, Python2Text(order), None, None, None, -1, -1, 0)
    return Called(Named("numpy", "dtype"), (Python2Text(dtype.str[1:].encode()), 0, 1), state)


class Pickler(pickle._Pickler):
    """Python's own pickler, which here writes names even if they do not exist."""

    def __init__(self, file, protocol):
        super().__init__(file, protocol)
        self.storages = {}

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        self.storages[value.key] = value
        return self.identity(value)

    def identity(self, value):
        return ("storage", Named("torch", value.kind), value.key, "cpu", value.count)

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Named):
            self.save_name(value)
        elif isinstance(value, Python2Text):
            self.save_python2_text(value.data)
        else:
            super().save(value, save_persistent_id)

    def save_name(self, value):
        if self.proto >= 4:
            self.save(value.module)
            self.save(value.name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())

    def save_python2_text(self, data):
        if len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + struct.pack("<i", len(data)) + data)


class OldPickler(Pickler):
    """A pickler that adds the position of a part in its storage, as PyTorch did before 1.6."""

    def identity(self, value):
        part = None if value.part is None else (f"{value.key}-part", *value.part)
        return (*super().identity(value), part)


def pickled(value, protocol=2, pickler=Pickler):
    """Returns the bytes of the pickle and the storages of the value."""
    file = io.BytesIO()
    writer = pickler(file, protocol)
    writer.dump(value)
    return file.getvalue(), writer.storages


def zip_bytes(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def torch_members(content, protocol=2, order="little", root="archive"):
    """Returns the members of a PyTorch zip file by name."""
    data, storages = pickled(content, protocol)
    code = {"little": "<", "big": ">"}[order]
    numbers = {
        f"{root}/data/{key}": value.numbers.astype(value.numbers.dtype.newbyteorder(code)).tobytes()
        for key, value in storages.items()
    }
    return {
        f"{root}/data.pkl": data,
        f"{root}/byteorder": order,
        **numbers,
        f"{root}/version": "3\n",
    }


def torch_zip(content, protocol=2, order="little"):
    return zip_bytes(torch_members(content, protocol, order))


def torch_legacy(content, protocol=2, keys=None):
    """Returns a file of PyTorch before 1.6. `keys` replaces its list of storages."""
    about = {
        "protocol_version": 1001,
        "little_endian": True,
        "type_sizes": {"short": 2, "int": 4, "long": 4},
    }
    data, storages = pickled(content, protocol, OldPickler)
    heads = [pickled(value, protocol)[0] for value in (MAGIC, 1001, about)]
    tail = [pickled(sorted(storages) if keys is None else keys, protocol)[0]]
    for key in sorted(storages):
        tail += [struct.pack("<q", storages[key].count), storages[key].numbers.tobytes()]
    return b"".join([*heads, data, *tail])


def caffe2(arrays, blobs=True):
    """Returns Python 2's pickle of arrays, numbers and texts by name."""
    content = {Python2Text(name.encode()): _python2(value) for name, value in arrays.items()}
    return pickled({Python2Text(b"blobs"): content} if blobs else content)[0]


def _python2(value):
    if isinstance(value, np.ndarray):
        return python2_array(value)
    return python2_number(value) if isinstance(value, np.generic) else value
