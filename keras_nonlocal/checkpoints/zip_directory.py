"""Finds the members of an uncompressed zip file.

Python's `zipfile` unpacks compressed members and trusts the directory. Here, every member must lie
within the file, be uncompressed, and overlap no other one. Names are keys, and never paths.
"""

from __future__ import annotations

import struct
from itertools import pairwise

from .binary_file import BinaryFile, ByteRange

SIGNATURE = b"PK\x03\x04"
MAX_DIRECTORY_BYTES = 1 << 22  # about 40,000 members

# signature, disks, members on this disk, members, size, start, comment
_END = struct.Struct("<4s4H2IH")
_END_64_LOCATOR = struct.Struct("<4sIQI")  # signature, disk, start of the record, disks
_END_64 = struct.Struct("<4sQ2H2I4Q")  # signature, ..., members on this disk, members, size, start
_MEMBER = struct.Struct("<4s6H3I5H2I")
_HEADER = struct.Struct("<4s5H3I2H")
_EXTRA = struct.Struct("<2H")
_IN_EXTENSION = 0xFFFFFFFF  # means that the 64-bit extension holds the number
_ENCRYPTED = 1


def read_directory(file: BinaryFile) -> dict[str, ByteRange]:
    """Returns the members of the file by name.

    Raises:
        ValueError: The directory does not describe the file, or a member is compressed.
    """
    directory = _directory_span(file)
    if directory.size > MAX_DIRECTORY_BYTES:
        raise ValueError(
            f"its zip directory has {directory.size:,} bytes, more than {MAX_DIRECTORY_BYTES:,}"
        )
    data, members, position = file.read(directory), {}, 0
    while position < directory.size:
        name, span, position = _member(file, data, position)
        if name in members:
            raise ValueError(f"its zip directory has {name!r} twice")
        members[name] = span
    for first, second in pairwise(sorted([*members.values(), directory])):
        if first.end > second.start:
            raise ValueError("two of its zip members overlap")
    return members


def _directory_span(file: BinaryFile) -> ByteRange:
    end = file.span(file.extent.size - _END.size, _END.size)
    signature, *_, size, start, _ = _END.unpack(file.read(end))
    if signature != b"PK\x05\x06":
        raise ValueError("its zip directory is missing: the file is cut off")
    if _IN_EXTENSION in (size, start):
        size, start = _directory_64(file, end.start)
    return file.span(start, size)


def _directory_64(file: BinaryFile, end: int) -> tuple[int, int]:
    """Returns the size and the start of the directory from the 64-bit record."""
    locator = file.span(end - _END_64_LOCATOR.size, _END_64_LOCATOR.size)
    signature, _, start, _ = _END_64_LOCATOR.unpack(file.read(locator))
    record = file.read(file.span(start, _END_64.size)) if signature == b"PK\x06\x07" else b""
    if not record.startswith(b"PK\x06\x06"):
        raise ValueError("its 64-bit zip directory is missing")
    *_, size, start = _END_64.unpack(record)
    return size, start


def _member(file: BinaryFile, data: bytes, position: int) -> tuple[str, ByteRange, int]:
    """Returns the name and the range of one member, and the position of the next one."""
    if len(data) - position < _MEMBER.size or data[position : position + 4] != b"PK\x01\x02":
        raise ValueError("its zip directory is damaged")
    fields = _MEMBER.unpack_from(data, position)
    flags, method, packed, size, start = *fields[3:5], *fields[8:10], fields[16]
    name_size, extra_size, comment_size = fields[10:13]
    name_end = position + _MEMBER.size + name_size
    next_member = name_end + extra_size + comment_size
    if next_member > len(data):
        raise ValueError("its zip directory is damaged")
    name = data[name_end - name_size : name_end].decode("utf-8")
    if name.startswith("/") or ".." in name.split("/"):
        raise ValueError(f"its member {name[:99]!r} points out of the file")
    extra = data[name_end : name_end + extra_size]
    size, packed, start = _with_extension(extra, [size, packed, start])
    if method or packed != size or flags & _ENCRYPTED:
        raise ValueError(
            f"its member {name[:99]!r} is compressed or encrypted; PyTorch does neither"
        )
    return name, _content(file, start, size), next_member


def _with_extension(extra: bytes, numbers: list[int]) -> list[int]:
    """Replaces the numbers that are in the 64-bit extension: size, packed size and start."""
    position = 0
    while _IN_EXTENSION in numbers and position + _EXTRA.size <= len(extra):
        kind, size = _EXTRA.unpack_from(extra, position)
        content = extra[position + _EXTRA.size : position + _EXTRA.size + size]
        if kind == 1:
            whole = content[: len(content) // 8 * 8]
            values = (value for (value,) in struct.iter_unpack("<Q", whole))
            return [
                next(values, _IN_EXTENSION) if number == _IN_EXTENSION else number
                for number in numbers
            ]
        position += _EXTRA.size + size
    return numbers


def _content(file: BinaryFile, start: int, size: int) -> ByteRange:
    header = file.read(file.span(start, _HEADER.size))
    if not header.startswith(SIGNATURE):
        raise ValueError(f"no zip member starts at byte {start:,}")
    name_size, extra_size = _HEADER.unpack(header)[-2:]
    return file.span(start + _HEADER.size + name_size + extra_size, size)
