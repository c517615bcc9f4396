"""Helpers for tables of hostile files: by the expected error, then by what is wrong in them."""

import struct

import pytest

ALLOWANCE = 64 << 20  # bytes of memory that reading may take beyond the size of the file


def each(table):
    """Parametrizes a test by `reason` and `data` of every file of a table."""
    cases = [
        pytest.param(reason, data, id=name)
        for reason, files in table.items()
        for name, data in files.items()
    ]
    return pytest.mark.parametrize(("reason", "data"), cases)


def little(layout, *numbers):
    """Returns numbers as little endian bytes."""
    return struct.pack(f"<{layout}", *numbers)


def text(letters):
    """Returns the instruction of a pickle that pushes a text."""
    data = letters.encode()
    return b"X" + little("I", len(data)) + data


def doubled(times):
    """Returns nested tuples that each hold the next one twice: 2^times long when printed."""
    return b"]" + b"".join(b"q%ch%c\x86" % (n, n) for n in range(times))
