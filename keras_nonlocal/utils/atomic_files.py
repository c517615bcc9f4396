"""Atomic writes: files and folders get their final name only when they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .checks import PathLike


@contextmanager
def replacing(path: PathLike, *, durable: bool = False) -> Iterator[Path]:
    """Yields a temporary path to write a file to, which then replaces `path`.

    If an error is raised, the temporary file is removed and `path` does not change. For files of
    other file systems there is `keras_nonlocal.utils.remote_files.write_whole`.

    Args:
        path: The final path. An existing file is overwritten, and missing folders are created.
        durable: Whether the file must survive a power failure.

    Example:
        >>> with replacing("note.txt") as partial:
        ...     _ = partial.write_text("complete")
        >>> Path("note.txt").read_text()
        'complete'
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
    """Yields a temporary folder to write to, which then becomes `path`, or is removed."""
    path = Path(path)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    partial.mkdir(parents=True)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def move_durably(old: Path, new: Path) -> None:
    """Renames a file, and flushes the folder so that the name survives a power failure."""
    os.replace(old, new)
    if os.name == "posix":  # other systems cannot open a folder
        _flush(new.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
