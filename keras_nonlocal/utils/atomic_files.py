"""Files and folders that appear under their name only when they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .checks import PathLike


@contextmanager
def replacing(path: PathLike, *, durable: bool = False) -> Iterator[Path]:
    """Another name to write a file under; it then takes the place of `path`, or vanishes.

    Files of other file systems are written whole by `keras_nonlocal.utils.remote_files`.

    Args:
        path: Where the file shall be. One that is there is replaced; missing folders are made.
        durable: Whether the file shall be there after a power cut, too.

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
        if durable:
            _flush(partial)
            move_durably(partial, path)
        else:
            os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def new_folder(path: PathLike) -> Iterator[Path]:
    """A folder to write into; it then becomes `path`, or vanishes with all that is in it."""
    path = Path(path)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    partial.mkdir(parents=True)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def move_durably(old: Path, new: Path) -> None:
    """Give a file its final name, and see to it that the folder remembers."""
    os.replace(old, new)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        _flush(new.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
