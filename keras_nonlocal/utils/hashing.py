"""Digests of files, which are read in blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import BinaryIO

from .checks import PathLike

_BLOCK = 1 << 20


def digests(file: BinaryIO, algorithms: Iterable[str]) -> dict[str, str]:
    """Computes hexadecimal digests of an open file by several algorithms, in one pass.

    Args:
        file: An object with `read`, such as a file of Python or of `tf.io.gfile`.
        algorithms: Names of algorithms in `hashlib`.
    """
    hashes = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    while block := file.read(_BLOCK):
        for each in hashes.values():
            each.update(block)
    return {name: each.hexdigest() for name, each in hashes.items()}


def file_sha256(path: PathLike) -> str:
    """Computes the SHA-256 of a local file, as hexadecimal digits."""
    with open(path, "rb") as file:
        return digests(file, ["sha256"])["sha256"]
