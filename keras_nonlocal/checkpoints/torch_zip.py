"""PyTorch's zip files: `data.pkl` describes tensors, one member a storage holds their numbers."""

from __future__ import annotations

from typing import Any

from .binary_file import BinaryFile, ByteRange
from .lazy_arrays import Storage
from .pickle_names import Call
from .pickle_opcodes import unpickle
from .torch_names import TORCH, StorageType
from .zip_directory import read_directory

PICKLE = "/data.pkl"
BYTE_ORDER_NAMES = {b"little": "<", b"big": ">"}


def read_torch_zip(source: BinaryFile) -> Any:
    """What the file holds, with views for tensors."""
    members = read_directory(source)
    roots = [name.removesuffix(PICKLE) for name in members if name.endswith(PICKLE)]
    if len(roots) != 1 or "/" in roots[0]:
        raise ValueError(
            f"it is a zip file, but none of PyTorch: expected one {PICKLE[1:]}, found {len(roots)}"
        )
    storages = ZipStorages(members, roots[0], _byte_order(source, members, roots[0]))
    cursor = source.cursor(members[roots[0] + PICKLE])
    return unpickle(cursor, TORCH, storages.find)


def _byte_order(source: BinaryFile, members: dict[str, ByteRange], root: str) -> str:
    """Files from before PyTorch 2.1 do not say, and are little endian."""
    place = members.get(f"{root}/byteorder")
    said = b"little" if place is None else source.read(place) if place.size < 9 else b"?"
    if said not in BYTE_ORDER_NAMES:
        raise ValueError("its byte order is neither little nor big")
    return BYTE_ORDER_NAMES[said]


class ZipStorages:
    """The storages of a file, each of which is one member `data/<key>`."""

    def __init__(self, members: dict[str, ByteRange], root: str, order: str):
        self._members = members
        self._root = root
        self._order = order
        self._call = Call("a storage", self._storage, (str, StorageType, str, str, int))

    def find(self, identity: tuple) -> Storage:
        """The storage that a persistent id means."""
        return self._call(*identity)

    def _storage(
        self, what: str, kind: StorageType, key: str, location: str, count: int
    ) -> Storage:
        if (place := self._members.get(f"{self._root}/data/{key}")) is None:
            raise ValueError(f"its storage {key[:20]!r} is missing")
        if place.size != count * kind.kind.itemsize:
            raise ValueError(
                f"its storage {key!r} has {place.size:,} bytes, and should have {count} numbers "
                f"of {kind.kind.itemsize}"
            )
        return Storage(kind.kind, count, self._order, place)
