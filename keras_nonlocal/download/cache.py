"""The folder that fetched files lie in, and the names of what lies there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..utils.checks import PathLike

VARIABLE = "KERAS_NONLOCAL_CACHE"


def cache_root() -> Path:
    """The folder for fetched files.

    The environment variable `KERAS_NONLOCAL_CACHE` names it; else it is `keras_nonlocal` in
    `XDG_CACHE_HOME`, else `~/.cache/keras_nonlocal`.

    Example:
        >>> import os
        >>> os.environ["KERAS_NONLOCAL_CACHE"] = "models"
        >>> keras_nonlocal.download.cache_root().name
        'models'
        >>> del os.environ["KERAS_NONLOCAL_CACHE"]
    """
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    if not base.is_absolute():  # the XDG standard: a relative path is to be ignored
        base = Path("~/.cache").expanduser()
    return base / "keras_nonlocal"


@dataclass(frozen=True)
class Place:
    """One file's place in the cache folder. What begins with a dot is ours and of no use outside.

    Attributes:
        folder: The cache folder.
        name: The file's name there.
    """

    folder: Path
    name: str

    @classmethod
    def at(cls, cache: PathLike | None, name: str) -> Place:
        """The place in the folder `cache`, or in `cache_root()`."""
        folder = cache_root() if cache is None else Path(cache).expanduser().absolute()
        return cls(folder, name)

    @property
    def file(self) -> Path:
        """The file itself: there only when it was checked, or put there by hand."""
        return self.folder / self.name

    @property
    def pin(self) -> Path:
        """What the file is: its sha256, its size, and where it came from."""
        return self.folder / f"{self.name}.lock.json"

    @property
    def part(self) -> Path:
        """What has been downloaded so far."""
        return self.folder / f".{self.name}.part"

    @property
    def note(self) -> Path:
        """Which version of which address the part belongs to."""
        return self.folder / f".{self.name}.part.json"

    @contextmanager
    def alone(self, told: bool) -> Iterator[None]:
        """Only one process or thread at a time is inside; the operating system frees the dead.

        A process that has to wait says so on standard error, if it is to be `told`.
        """
        lock = FileLock(self.folder / f".{self.name}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if told:
                print(f"Waiting for another process that fetches {self.name}.", file=sys.stderr)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def open_own(path: Path, flag: int):
    """Open a file of ours for writing; one that somebody linked elsewhere is an error."""
    flags = os.O_WRONLY | os.O_CREAT | flag | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666), "wb")
