"""Downloads a published file into the cache and verifies it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import requests
from filelock import FileLock, Timeout

from ..utils.atomic_files import move_durably
from ..utils.checks import PathLike
from ..utils.progress import on_terminal
from .cache import VARIABLE, Pin, check_file, path_in_cache, pin_path, read_pin, write_pin
from .published_file import PublishedFile
from .transfer import download


class FetchError(OSError):
    """The download of a file failed. The message says why, and how to copy the file by hand.

    Example:
        try:
            keras_nonlocal.pretrained.fetch_weights("i3d_r50_kinetics400_mmaction2")
        except keras_nonlocal.download.FetchError as error:
            print(error)
    """


def fetch(source: PublishedFile, *, cache: PathLike | None = None, progress: bool = True) -> Path:
    """Downloads a published file, unless it is on this machine already.

    A download is written to a hidden file. It gets its final name only when it is complete and has
    the published digest. The first download also writes the sha256 into `<name>.pin.json`, and
    every later use compares the file with it (this takes a second for 1.2 GB). If several
    processes need a file at once, one of them downloads it and the others wait. A file that was
    copied into the folder by hand is verified, pinned and used. So a machine without network can
    get its files from another one.

    Args:
        source: The name, the addresses and the digest of the file.
        cache: The folder for downloaded files, `cache_root()` by default.
        progress: Whether to show a progress bar on standard error if that is a terminal.

    Returns:
        The path of the file.

    Raises:
        FetchError: No address gave the right file, or it could not be written. It is an `OSError`.
        ValueError: A different file of this name is in the cache. It is not changed.

    Example:
        >>> import os, shutil
        >>> os.mkdir("models")
        >>> _ = shutil.copy("jumping.mp4", "models")  # copied by hand, instead of a download
        >>> source = PublishedFile("jumping.mp4", ("https://example.org/jumping.mp4",))
        >>> keras_nonlocal.download.fetch(source, cache="models").name
        'jumping.mp4'
    """
    file = path_in_cache(source.name, cache)
    if not os.path.lexists(file):
        _download(source, file, on_terminal(progress))
    if not file.is_file():
        raise ValueError(f"{file} should be a file. Move it away and download again.")
    pin = read_pin(file)
    try:
        sha256 = check_file(file, source, pin)
    except ValueError as problem:
        raise ValueError(
            f"{file} is not the expected file. {problem}. It was not changed. To download the "
            f"file again, remove it and {pin_path(file).name} beside it."
        ) from problem
    if pin is None and os.access(file.parent, os.W_OK):
        write_pin(file, Pin(sha256, url=None))
    return file


def _download(source: PublishedFile, file: Path, progress: bool) -> None:
    """Downloads a file, unless another process has just done so."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _lock(file, progress):
            failures = [] if file.exists() else _try_addresses(source, file, progress)
    except OSError as problem:
        failures = [str(problem)]
    if failures:
        digest = source.digest
        raise FetchError(
            f"{source.name} could not be downloaded:\n{_lines(failures)}\n"
            f"You can download it elsewhere from\n{_lines(source.urls)}\nand copy it to\n"
            f"{_lines([str(file)])}\n"
            f"Expected: {f'{digest.kind} {digest.value}' if digest else 'no digest is published'}. "
            f"The argument `cache` or the variable {VARIABLE} names another folder."
        )


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(f"  {text}" for text in texts)


def _try_addresses(source: PublishedFile, file: Path, progress: bool) -> list[str]:
    """Downloads from the first address that gives the right file, else returns every failure."""
    pin = read_pin(file)
    part = file.with_name(f".{file.name}.part")
    failures = []
    try:
        for url in source.urls:
            try:
                download(url, part, progress=progress, known=bool(source.digest or pin))
                sha256 = check_file(part, source, pin)
            except (requests.RequestException, ValueError) as problem:
                failures.append(f"{url}: {_reason(problem)}")
                continue
            if pin is None:  # written first, so that there is never a file without its pin
                write_pin(file, Pin(sha256, url))
            move_durably(part, file)
            return []
    finally:
        part.unlink(missing_ok=True)
    return failures


def _reason(problem: Exception) -> str:
    """Returns the cause in one line, which `requests` wraps in a description of its attempts."""
    inner = problem.args[0] if problem.args else problem
    return str(getattr(inner, "reason", inner))


def _lock(file: Path, progress: bool):
    """Waits for the lock of a file. The system releases the lock of a killed process."""
    lock = FileLock(file.with_name(f".{file.name}.lock"))
    try:
        return lock.acquire(blocking=False)
    except Timeout:
        if progress:
            print(f"Waiting for another process that downloads {file.name}.", file=sys.stderr)
        return lock.acquire()
