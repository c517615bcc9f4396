"""Atomic writes: files and folders get their final name only when they are complete."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from .checks import PathLike

OWNER = ".owner"


def unique() -> str:
    """Returns a name that no other process or thread uses, on no machine; it begins with a digit.

    Process numbers are not enough: they are equal in containers.
    """
    return f"{os.getpid()}-{secrets.token_hex(4)}"


@contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Keeps other processes from writing to a folder, which is created.

    The system releases the lock of a killed process.

    Raises:
        BlockingIOError: Another process writes to the folder. The error names it.
    """
    created = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    owner, lock = folder / OWNER, folder / ".lock"
    try:
        held = FileLock(lock).acquire(blocking=False)
    except Timeout:
        name = owner.read_text("utf-8") if owner.exists() else "a process that has just started"
        raise BlockingIOError(
            f"Another process writes to {folder}: {name}. Wait until it ends, stop it, or choose "
            "another folder."
        ) from None
    with held:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
        try:
            yield
        finally:
            owner.unlink(missing_ok=True)
            lock.unlink(missing_ok=True)
            with suppress(OSError):  # they are empty only if nothing was written
                for each in created or [folder]:
                    each.rmdir()


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
    partial = path.with_name(f".{unique()}.{path.name}")
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
    partial = path.with_name(f".{unique()}.{path.name}")
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
