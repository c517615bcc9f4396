"""Where the members of a zip file lie, for files whose members are stored as they are.

Python's `zipfile` unpacks what is compressed and takes the directory on trust. Here every member
is within the file, uncompressed, and apart from all others; names are keys, and never paths.
"""

from __future__ import annotations

import struct
from itertools import pairwise

from .binary_file import BinaryFile, ByteRange

SIGN = b"PK\x03\x04"
MOST_DIRECTORY = 1 << 22  # bytes: some 40,000 members

_END = struct.Struct("<4s4H2IH")  # sign, disks, members here, members, size, start, comment
_END_64_PLACE = struct.Struct("<4sIQI")  # sign, disk, start of the record, disks
_END_64 = struct.Struct("<4sQ2H2I4Q")  # sign, ..., members here, members, size, start
_MEMBER = struct.Struct("<4s6H3I5H2I")
_HEADER = struct.Struct("<4s5H3I2H")
_EXTRA = struct.Struct("<2H")
_FULL = 0xFFFFFFFF  # the true number stands in the 64 bit extension
_ENCRYPTED = 1


def read_directory(source: BinaryFile) -> dict[str, ByteRange]:
    """The members of the file by name.

    Raises:
        ValueError: The directory does not describe the file, or a member is compressed.
    """
    place = _directory_span(source)
    if place.size > MOST_DIRECTORY:
        raise ValueError(f"its zip directory has {place.size:,} bytes, over {MOST_DIRECTORY:,}")
    data, members, at = source.read(place), {}, 0
    while at < place.size:
        name, span, at = _member(source, data, at)
        if name in members:
            raise ValueError(f"its zip directory has {name!r} twice")
        members[name] = span
    _check_apart([*members.values(), place])
    return members


def _directory_span(source: BinaryFile) -> ByteRange:
    end = source.span(source.whole.size - _END.size, _END.size)
    sign, *_, size, start, _ = _END.unpack(source.read(end))
    if sign != b"PK\x05\x06":
        raise ValueError("its zip directory is missing: the file is cut off")
    if _FULL in (size, start):
        size, start = _directory_64(source, end.start)
    return source.span(start, size)


def _directory_64(source: BinaryFile, end: int) -> tuple[int, int]:
    place = source.span(end - _END_64_PLACE.size, _END_64_PLACE.size)
    sign, _, start, _ = _END_64_PLACE.unpack(source.read(place))
    record = source.read(source.span(start, _END_64.size)) if sign == b"PK\x06\x07" else b""
    if not record.startswith(b"PK\x06\x06"):
        raise ValueError("its 64 bit zip directory is missing")
    *_, size, start = _END_64.unpack(record)
    return size, start


def _member(source: BinaryFile, data: bytes, at: int) -> tuple[str, ByteRange, int]:
    """Name and place of the member that is described at byte `at`, and where the next one is."""
    if len(data) - at < _MEMBER.size or data[at : at + 4] != b"PK\x01\x02":
        raise ValueError("its zip directory is damaged")
    fields = _MEMBER.unpack_from(data, at)
    flags, method, packed, size, start = *fields[3:5], *fields[8:10], fields[16]
    name_size, extra_size, comment_size = fields[10:13]
    name_end = at + _MEMBER.size + name_size
    next_member = name_end + extra_size + comment_size
    if next_member > len(data):
        raise ValueError("its zip directory is damaged")
    name = data[name_end - name_size : name_end].decode("utf-8")
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"its member {name[:99]!r} points out of the file")
    size, packed, start = _true_numbers(
        data[name_end : name_end + extra_size], [size, packed, start]
    )
    if method or packed != size or flags & _ENCRYPTED:
        raise ValueError(
            f"its member {name[:99]!r} is compressed or encrypted; PyTorch stores them as they are"
        )
    return name, _content(source, start, size), next_member


def _true_numbers(extra: bytes, numbers: list[int]) -> list[int]:
    """Size, packed size and start, with those of the 64 bit extension filled in."""
    at = 0
    while _FULL in numbers and at + _EXTRA.size <= len(extra):
        kind, size = _EXTRA.unpack_from(extra, at)
        wide = extra[at + _EXTRA.size : at + _EXTRA.size + size]
        if kind == 1:
            values = (value for (value,) in struct.iter_unpack("<Q", wide[: len(wide) // 8 * 8]))
            return [next(values, _FULL) if number == _FULL else number for number in numbers]
        at += _EXTRA.size + size
    return numbers


def _content(source: BinaryFile, start: int, size: int) -> ByteRange:
    header = source.read(source.span(start, _HEADER.size))
    if not header.startswith(SIGN):
        raise ValueError(f"no zip member starts at byte {start:,}")
    name_size, extra_size = _HEADER.unpack(header)[-2:]
    return source.span(start + _HEADER.size + name_size + extra_size, size)


def _check_apart(spans: list[ByteRange]) -> None:
    for first, second in pairwise(sorted(spans)):
        if first.end > second.start:
            raise ValueError("two of its zip members lie over each other")
