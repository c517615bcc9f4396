"""CRC-32C of many byte strings at once, as TFRecord files use it, by NumPy.

A CRC is linear: that of a string is the sum of those of its pieces, each moved by as many bytes as
follow it. So pieces of one length are run through the table side by side, then moved by powers of
two of that length and added.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

import numpy as np

_POLYNOMIAL = 0x82F63B78
_PIECE = 64
_ONES = np.uint32(0xFFFFFFFF)


def checksums(strings: Sequence[bytes]) -> np.ndarray:
    """The masked CRC-32C of each string, uint32; each has 4 bytes or more.

    >>> hex(checksums([b"123456789"])[0])
    '0xc78ab0e5'
    """
    counts = np.array([-(-len(string) // _PIECE) for string in strings])
    pieces = np.frombuffer(b"".join(_padded(string) for string in strings), "uint8")
    sums = _moved(_run(pieces.reshape(-1, _PIECE)), _followers(counts))
    crc = np.bitwise_xor.reduceat(sums, np.cumsum(counts) - counts) ^ _ONES
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)


def headers(lengths: Sequence[int]) -> list[bytes]:
    """What stands before a record of each length in a TFRecord file."""
    numbers = [struct.pack("<Q", length) for length in lengths]
    sums = checksums(numbers)
    return [number + struct.pack("<I", crc) for number, crc in zip(numbers, sums, strict=True)]


def _padded(string: bytes) -> bytes:
    """In whole pieces: zeros in front change nothing; the start value is put into the string."""
    first = bytes(byte ^ 255 for byte in string[:4])
    return b"".join((b"\0" * (-len(string) % _PIECE), first, memoryview(string)[4:]))


def _run(pieces: np.ndarray) -> np.ndarray:
    table, crc = _table(), np.zeros(len(pieces), "uint32")
    for column in np.ascontiguousarray(pieces.T):
        crc = table[(crc ^ column) & np.uint32(255)] ^ (crc >> np.uint32(8))
    return crc


def _followers(counts: np.ndarray) -> np.ndarray:
    """How many pieces of its string follow each piece."""
    return np.repeat(np.cumsum(counts), counts) - np.arange(counts.sum()) - 1


def _moved(crc: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    for power in range(int(pieces.max()).bit_length()):
        chosen = (pieces >> power & 1).astype(bool)
        crc[chosen] = _move(crc[chosen], power)
    return crc


def _move(crc: np.ndarray, power: int) -> np.ndarray:
    """As if `2 ** power` pieces of zeros followed."""
    tables = _move_tables(power)
    parts = (tables[byte][crc >> np.uint32(8 * byte) & np.uint32(255)] for byte in range(4))
    return np.bitwise_xor.reduce(list(parts))


@cache
def _move_tables(power: int) -> np.ndarray:
    """uint32 `(4, 256)`: what each value of each byte of a CRC becomes."""
    values = np.uint32(1) << np.arange(32, dtype="uint32")
    if power:
        bits = _move(_move(values, power - 1), power - 1)
    else:
        table, bits = _table(), values
        for _ in range(_PIECE):
            bits = table[bits & np.uint32(255)] ^ (bits >> np.uint32(8))
    set_bits = np.arange(256)[:, None] >> np.arange(8) & 1
    return np.stack(
        [
            np.bitwise_xor.reduce(set_bits.astype("uint32") * bits[8 * byte : 8 * byte + 8], axis=1)
            for byte in range(4)
        ]
    )


@cache
def _table() -> np.ndarray:
    table = np.arange(256, dtype="uint32")
    for _ in range(8):
        table = table >> np.uint32(1) ^ (table & np.uint32(1)) * np.uint32(_POLYNOMIAL)
    return table
