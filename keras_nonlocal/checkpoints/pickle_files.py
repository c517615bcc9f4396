"""Plain pickles: Caffe2's from Python 2, and PyTorch's from before 1.6.

The first value tells which: a dict, or PyTorch's magic number. Then come in PyTorch's file two
more pickles about itself, one with the tensors, one with the keys of the storages in their
order, and the storages: each a count and its numbers, little endian on every machine.
"""

from __future__ import annotations

from typing import Any

from .binary_file import BinaryFile, Cursor
from .lazy_arrays import Storage, check_sizes
from .numpy_names import NUMPY
from .pickle_names import COMMON, Call
from .pickle_opcodes import LONG, unpickle
from .torch_names import TORCH, StorageType

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


def _part(whole: Storage, key: str, start: int, count: int) -> Storage:
    return whole.part(start, count)


_PART = Call("a part of a storage", _part, (Storage, str, int, int))


def read_pickle(source: BinaryFile) -> Any:
    """What the file holds, with views for tensors and arrays."""
    cursor = source.cursor(source.whole)
    first = unpickle(cursor, {**COMMON, **NUMPY})
    return _read_torch(cursor) if first == MAGIC else first


def _read_torch(cursor: Cursor) -> Any:
    version = unpickle(cursor, {})
    if version != VERSION:
        raise ValueError(f"it is a PyTorch file of a version other than {VERSION}")
    unpickle(cursor, {})  # the machine that wrote it
    storages = PickleStorages()
    content = unpickle(cursor, TORCH, storages.find)
    storages.place(cursor, unpickle(cursor, {}))
    return content


class PickleStorages:
    """The storages of a file by key: named by the tensors first, and found at the end."""

    def __init__(self) -> None:
        self._roots: dict[str, Storage] = {}
        self._call = Call(
            "a storage",
            self._storage,
            (str, StorageType, str, str, int, (tuple, type(None))),
            optional=1,
        )

    def find(self, identity: tuple) -> Storage:
        """The storage that a persistent id means."""
        return self._call(*identity)

    def _storage(
        self,
        what: str,
        kind: StorageType,
        key: str,
        location: str,
        count: int,
        part: tuple | None = None,
    ) -> Storage:
        check_sizes(count)
        root = self._roots.setdefault(key, Storage(kind.kind, count))
        if (root.kind, root.count) != (kind.kind, count):
            raise ValueError(f"its storage {key[:20]!r} is described in two ways")
        return root if part is None else _PART(root, *part)

    def place(self, cursor: Cursor, keys: Any) -> None:
        """Find the storages at the cursor, in the order of their keys."""
        texts = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        if not texts or sorted(keys) != sorted(self._roots):
            raise ValueError("its list of storages is not that of its tensors")
        for key in keys:
            root = self._roots[key]
            if LONG.unpack(cursor.take(LONG.size))[0] != root.count:
                raise ValueError(f"its storage {key[:20]!r} does not have {root.count:,} numbers")
            root.data = cursor.skip(root.count * root.kind.itemsize)
