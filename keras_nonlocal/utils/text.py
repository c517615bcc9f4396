"""Names of files and classes as they can be shown."""

from __future__ import annotations


def printable(name: str) -> str:
    """A name as it can be written: one of a file may be no UTF-8.

    >>> printable("caf\\udce9")
    'caf\\\\udce9'
    """
    return name.encode("utf-8", "backslashreplace").decode()


def shortened(name: str, letters: int = 30) -> str:
    """A name that fits beside a drawing.

    >>> shortened("playing the didgeridoo", letters=12)
    'playing the…'
    """
    name = " ".join(printable(name).split())
    return name if len(name) <= letters else name[: letters - 1].rstrip() + "…"
