"""Digests of files, read block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import BinaryIO

from .checks import PathLike

_BLOCK = 1 << 20


def digests(file: BinaryIO, algorithms: Iterable[str]) -> dict[str, str]:
    """Hexadecimal digests of an open file by several algorithms, in one pass over it.

    Args:
        file: Whatever has `read`, such as a file of Python or of `tf.io.gfile`.
        algorithms: Names that `hashlib` knows.
    """
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    while block := file.read(_BLOCK):
        for one in hashes.values():
            one.update(block)
    return {name: one.hexdigest() for name, one in hashes.items()}


def file_sha256(path: PathLike) -> str:
    """The SHA-256 of a file on this machine, as hexadecimal digits."""
    with open(path, "rb") as file:
        return digests(file, ["sha256"])["sha256"]
