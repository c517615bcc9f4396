"""Reads plain pickle files of Caffe2 (Python 2), and of PyTorch before version 1.6.

The first value shows which of them a file is: it is a dict, or PyTorch's magic number. After the
magic number follow the version, a description of the machine, the tensors, the list of storage
keys, and then the storages in that order. Each storage is a count and its little endian elements.
"""

from __future__ import annotations

from typing import Any

from .binary_file import BinaryFile, Cursor
from .lazy_arrays import Storage, check_sizes
from .numpy_names import NUMPY
from .pickle_names import COMMON, Call, Unbuilt
from .pickle_opcodes import LONG, unpickle
from .torch_names import TORCH, StorageType

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


def _part(storage: Storage, key: str, start: int, count: int) -> Storage:
    return storage.part(start, count)


_PART = Call("a part of a storage", _part, (Storage, str, int, int))


def read_pickle(file: BinaryFile) -> Any:
    """Returns the content of the file, with views in place of tensors and arrays."""
    cursor = file.cursor(file.extent)
    first = unpickle(cursor, {**COMMON, **NUMPY})
    return _read_torch(cursor) if first == MAGIC else first


def _read_torch(cursor: Cursor) -> Any:
    version = unpickle(cursor, {})
    if version != VERSION:
        raise ValueError(f"it is a PyTorch file of a version other than {VERSION}")
    unpickle(cursor, {})  # the description of the machine
    storages = PickleStorages()
    content = unpickle(cursor, TORCH, storages.find)
    storages.locate(cursor, unpickle(cursor, {}))
    return content


class PickleStorages:
    """The storages of a file by key. Tensors refer to them before their positions are known."""

    def __init__(self) -> None:
        self._storages: dict[str, Storage] = {}
        self._call = Call(
            "a storage",
            self._find,
            (str, StorageType, str, str, int, (tuple, type(None))),
            optional=1,
        )

    def find(self, persistent_id: tuple) -> Any:
        """Returns the storage of a persistent id, whose size has to be known, or a class."""
        if persistent_id[:1] == ("module",) and len(persistent_id) > 1:
            return persistent_id[1]  # with the text of its program, which nobody reads
        storage = self._call(*persistent_id)
        if isinstance(storage, Unbuilt):
            raise ValueError(storage.reason)
        return storage

    def _find(
        self,
        tag: str,
        storage_type: StorageType,
        key: str,
        device: str,
        count: int,
        part: tuple | None = None,
    ) -> Storage:
        check_sizes(count)
        element_type = storage_type.element_type
        storage = self._storages.setdefault(key, Storage(element_type, count))
        if (storage.element_type, storage.count) != (element_type, count):
            raise ValueError(f"it describes the storage {key[:20]!r} in two ways")
        return storage if part is None else _PART(storage, *part)

    def locate(self, cursor: Cursor, keys: Any) -> None:
        """Sets the positions of the storages, which follow at the cursor in the order of `keys`."""
        are_texts = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        if not are_texts or sorted(keys) != sorted(self._storages):
            raise ValueError("its list of storages does not match its tensors")
        for key in keys:
            storage = self._storages[key]
            if LONG.unpack(cursor.take(LONG.size))[0] != storage.count:
                raise ValueError(
                    f"its storage {key[:20]!r} does not have {storage.count:,} elements"
                )
            storage.data = cursor.skip(storage.count * storage.element_type.itemsize)
