"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Another name to write a file under; it then takes the place of `path`, or vanishes.

    Args:
        path: Where the file shall be. One that is there is replaced; missing folders are made.

    Example:

    >>> with replacing("note.txt") as partial:
    ...     _ = partial.write_text("all of it")
    >>> Path("note.txt").read_text()
    'all of it'
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder. Expected the name of a file.")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
