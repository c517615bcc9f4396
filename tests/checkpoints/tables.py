"""Hostile files as tables: by the reason why they are refused, then by what is wrong in them."""

import struct

import pytest

ALLOWANCE = 64 << 20  # bytes of memory that reading takes at most, beyond the size of the file


def each(table):
    """A test takes `reason` and `data` for every file of a table."""
    cases = [
        pytest.param(reason, data, id=name)
        for reason, files in table.items()
        for name, data in files.items()
    ]
    return pytest.mark.parametrize(("reason", "data"), cases)


def little(layout, *numbers):
    """Numbers as little endian bytes."""
    return struct.pack(f"<{layout}", *numbers)


def text(letters):
    """A text, as a pickle has it."""
    data = letters.encode()
    return b"X" + little("I", len(data)) + data


def doubled(times):
    """A tuple of twice a tuple of twice ...: small in memory, 2^times long when written out."""
    return b"]" + b"".join(b"q%ch%c\x86" % (n, n) for n in range(times))
