"""Numbers on the command line, with errors that say what was expected."""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """A positive number."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, received {text!r}")
    return int(text)


def part(text: str) -> tuple[int, int]:
    """`I/N`: which of so many equal parts, counted from 0."""
    index, _, parts = text.partition("/")
    if not (index.isdigit() and parts.isdigit() and int(index) < int(parts)):
        raise argparse.ArgumentTypeError(
            f"expected I/N with I from 0 to below N, such as 0/4, received {text!r}"
        )
    return int(index), int(parts)
