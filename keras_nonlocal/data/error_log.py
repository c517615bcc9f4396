"""Every file that could not be read as it should: one line each, and nothing is lost."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from typing import Any

from ..utils.checks import PathLike

_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_FIELDS = {"path", "cause", "bytes", "policy"}


class ErrorLog:
    """A file of JSON lines with `path`, `cause`, `bytes` and `policy`; several may write at once.

    `len(error_log)` is how many lines this object has recorded. It can be pickled; the copy writes
    to the same file and counts for itself.

    Args:
        path: The file, made with the first line and added to; `None` counts only. Its folder is
            made at once.

    Raises:
        ValueError: The path is an address: lines can only be added to files on this machine.
        OSError: No file can be written there.

    Example:

    >>> error_log = ErrorLog("bad.jsonl")
    >>> error_log.record("clips/a.mp4", "it has no video stream", "skip")
    >>> len(error_log), read_error_log("bad.jsonl")[0]["cause"]
    (1, 'it has no video stream')
    """

    def __init__(self, path: PathLike | None = None):
        if path is not None and "://" in os.fspath(path):
            raise ValueError(f"`path` must be a file on this machine. Received: path={path!r}")
        if path is not None:
            _check_writable(path)
        self.path = path
        self._count = 0
        self._lock = threading.Lock()

    def record(self, path: PathLike, cause: str, policy: str) -> None:
        """Adds a line.

        Args:
            path: The file that could not be read as it should.
            cause: Why.
            policy: What was done about it, such as `"skip"`.

        Raises:
            OSError: The line could not be written, or not all of it.
        """
        if self.path is not None:
            fields = {"path": os.fspath(path), "cause": cause, "bytes": _size(path)}
            _append(self.path, json.dumps({**fields, "policy": policy}) + "\n")
        with self._lock:
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return True

    def __reduce__(self):
        return ErrorLog, (self.path,)


def read_error_log(path: PathLike) -> list[dict[str, Any]]:
    """The lines of a error log, in the order they were written.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is none of a error log.
    """
    with open(path, encoding="utf-8") as file:
        return [_parsed(line, f"{os.fspath(path)!r}, line {n}") for n, line in enumerate(file, 1)]


def _parsed(line: str, where: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise ValueError(
            f"{where} must be a JSON object with {', '.join(sorted(_FIELDS))}. "
            f"Received: {line.strip()[:200]!r}"
        )
    return fields


def _size(path: PathLike) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


def _check_writable(path: PathLike) -> None:
    """Known before the first line, which may come after hours of work."""
    folder = os.path.dirname(os.path.abspath(path))
    with suppress(OSError):  # then there is no such folder, which is told below
        os.makedirs(folder, exist_ok=True)
    there = path if os.path.exists(path) else folder
    if os.path.isdir(path) or not os.path.isdir(folder) or not os.access(there, os.W_OK):
        raise OSError(
            f"No error_log can be written to {os.fspath(path)!r}. Give the path of a file, in a "
            "folder that may be written."
        )


def _append(path: PathLike, line: str) -> None:
    """One write at the end of the file, which the system keeps apart from those of others."""
    content = line.encode("ascii")
    file = os.open(path, _APPENDING, 0o644)
    try:
        written = os.write(file, content)
    finally:
        os.close(file)
    if written < len(content):
        raise OSError(f"Only a part of a line could be written to {os.fspath(path)!r}: disk full?")
