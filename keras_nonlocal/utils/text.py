"""Converts names of files and classes to text that can be shown."""

from __future__ import annotations


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
