"""A `tf.train.SequenceExample` as bytes, without TensorFlow: fields with their lengths.

Written from the published definition of the message. `tests/data/shards/test_example.py` reads the
bytes with TensorFlow.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

Value = bytes | str | int | float


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers as 64 bits.

    >>> varint(300)
    b'\\xac\\x02'
    """
    number &= (1 << 64) - 1
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes((*parts, number))


def opening(number: int, length: int) -> bytes:
    """What stands before the content of a field of that number and length."""
    return varint(number << 3 | 2) + varint(length)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, text, a message or packed numbers."""
    return opening(number, len(content)) + content


def feature(values: Sequence[Value]) -> bytes:
    """A `Feature` of a list of bytes, texts, whole numbers or other numbers."""
    if isinstance(values[0], int):
        return field(3, field(1, b"".join(varint(int(value)) for value in values)))
    if isinstance(values[0], float):
        return field(2, field(1, struct.pack(f"<{len(values)}f", *values)))
    return field(1, b"".join(field(1, _bytes(value)) for value in values))


def entry(key: str, message: bytes) -> bytes:
    """One entry of a map from names to messages, as field 1."""
    return field(1, field(1, key.encode()) + field(2, message))


def context(features: Mapping[str, Sequence[Value]]) -> bytes:
    """The `context` of a `SequenceExample`, in the order given; empty lists are left out."""
    return field(1, b"".join(entry(key, feature(v)) for key, v in features.items() if len(v)))


def _bytes(value) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
