"""Reads PyTorch's zip files.

The member `data.pkl` describes the tensors. Each storage is a member `data/<key>`.
"""

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


def read_torch_zip(file: BinaryFile) -> Any:
    """Returns the content of the file, with views in place of tensors."""
    members = read_directory(file)
    roots = [name.removesuffix(PICKLE) for name in members if name.endswith(PICKLE)]
    if len(roots) != 1 or "/" in roots[0]:
        raise ValueError(
            "it is a zip file that PyTorch did not write: "
            f"expected one {PICKLE[1:]}, found {len(roots)}"
        )
    storages = ZipStorages(members, roots[0], _byte_order(file, members, roots[0]))
    cursor = file.cursor(members[roots[0] + PICKLE])
    return unpickle(cursor, TORCH, storages.find)


def _byte_order(file: BinaryFile, members: dict[str, ByteRange], root: str) -> str:
    """Reads the byte order. Files from before PyTorch 2.1 are little endian and do not hold it."""
    span = members.get(f"{root}/byteorder")
    name = b"little" if span is None else file.read(span) if span.size < 9 else b"?"
    if name not in BYTE_ORDER_NAMES:
        raise ValueError("its byte order is neither little nor big")
    return BYTE_ORDER_NAMES[name]


class ZipStorages:
    """The storages of a file, each of which is one member."""

    def __init__(self, members: dict[str, ByteRange], root: str, byte_order: str):
        self._members = members
        self._root = root
        self._byte_order = byte_order
        types = (str, StorageType, str, str, int)
        self._call = Call("a storage", self._find, types, makes_arrays=True)

    def find(self, persistent_id: tuple) -> Storage:
        """Returns the storage of a persistent id."""
        return self._call(*persistent_id)

    def _find(
        self, tag: str, storage_type: StorageType, key: str, device: str, count: int
    ) -> Storage:
        element_type = storage_type.element_type
        if (span := self._members.get(f"{self._root}/data/{key}")) is None:
            raise ValueError(f"its storage {key[:20]!r} is missing")
        if span.size != count * element_type.itemsize:
            raise ValueError(
                f"its storage {key!r} has {span.size:,} bytes, and should have {count} elements "
                f"of {element_type.itemsize}"
            )
        return Storage(element_type, count, self._byte_order, span)
