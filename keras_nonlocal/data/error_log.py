"""A log of the files that could not be read, with one JSON line per file."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from typing import Any

from ..utils.checks import PathLike
from ..utils.schema import parse_json

_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_FIELDS = {"path", "cause", "bytes", "policy"}


class ErrorLog:
    """Appends JSON lines with `path`, `cause`, `bytes` and `policy` to a file.

    Several threads and processes may write to one file at once. `len(error_log)` is the number of
    lines that this object has recorded. A pickled copy writes to the same file and has its own
    count.

    Args:
        path: The file. It is created with the first line, and its folder at once. `None` only
            counts.

    Raises:
        ValueError: The path is an address: lines can only be appended to files on this machine.
        OSError: The file cannot be written.

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
        """Appends a line.

        Args:
            path: The file that could not be read.
            cause: The reason.
            policy: What was done about the file, such as `"skip"`.

        Raises:
            OSError: The line, or a part of it, could not be written.
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
    """Reads the lines of an error log.

    Args:
        path: A file that `ErrorLog` has written.

    Returns:
        A dict for each line, in the order in which they were written, with the keys `path`,
        `cause`, `bytes` (`None` if the file was missing) and `policy`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is not a line of an error log.

    Example:

    >>> ErrorLog("bad.jsonl").record("a.mp4", "it has no video stream", "skip")
    >>> read_error_log("bad.jsonl")
    [{'path': 'a.mp4', 'cause': 'it has no video stream', 'bytes': None, 'policy': 'skip'}]
    """
    with open(path, "rb") as file:
        return [_parsed(line, f"{os.fspath(path)!r}, line {n}") for n, line in enumerate(file, 1)]


def _parsed(line: bytes, where: str) -> dict[str, Any]:
    try:
        fields = parse_json(line, where)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise ValueError(
            f"{where} must be a JSON object with {', '.join(sorted(_FIELDS))}. "
            f"Received: {line.strip()[:200].decode(errors='replace')!r}"
        )
    return fields


def _size(path: PathLike) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


def _check_writable(path: PathLike) -> None:
    """Raises at once, as the first line may come after hours of work."""
    folder = os.path.dirname(os.path.abspath(path))
    with suppress(OSError):  # the folder is missing then, and the error below says so
        os.makedirs(folder, exist_ok=True)
    target = path if os.path.exists(path) else folder
    if os.path.isdir(path) or not os.path.isdir(folder) or not os.access(target, os.W_OK):
        raise OSError(
            f"The error log cannot be written to {os.fspath(path)!r}. Give the path of a file in "
            "a folder where you may write."
        )


def _append(path: PathLike, line: str) -> None:
    """Appends by a single write, so that lines of several processes cannot mix."""
    content = line.encode("ascii")
    file = os.open(path, _APPENDING, 0o644)
    try:
        written = os.write(file, content)
    finally:
        os.close(file)
    if written < len(content):
        raise OSError(
            f"Only a part of a line could be written to {os.fspath(path)!r}. Is the disk full?"
        )
