"""Formats text for output: names of files and classes, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def printable(name: str) -> str:
    """Replaces bytes in the name of a file that are not UTF-8, so that it can be printed.

    >>> printable("caf\\udce9")
    'caf\\\\udce9'
    """
    return name.encode("utf-8", "backslashreplace").decode()


def shortened(name: str, letters: int = 30) -> str:
    """Shortens a name to fit as a label of a plot.

    >>> shortened("playing the didgeridoo", letters=12)
    'playing the…'
    """
    name = " ".join(printable(name).split())
    return name if len(name) <= letters else name[: letters - 1].rstrip() + "…"


def padded(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """Pads the cells of a table, so that all cells of a column have the same width.

    >>> padded([("name", "size"), ("a.mp4", "3")])
    [['name ', 'size'], ['a.mp4', '3   ']]
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    return [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        for row in zip(*columns, strict=True)
    ]
