"""The door: a source becomes a file in the cache that is whole, right, and stays so."""

from __future__ import annotations

import os
from dataclasses import replace
from os import PathLike
from pathlib import Path

from ..utils.progress import on_terminal
from .cache import VARIABLE, Place
from .errors import Unavailable
from .partial import Partial
from .pins import Found, Pin, measure, misfits, read_pin, write_pin
from .published_file import Source
from .transfer import Job, download


class FetchError(OSError):
    """A file could not be brought into the cache; the message says why and what to do."""


def fetch(source: Source, *, cache: str | PathLike | None = None, progress: bool = True) -> Path:
    """Bring a published file to this machine, or find it there.

    What lies under the final name is complete and fits the source's digest and size, or is an
    error: a download goes to a hidden file beside it, which is checked first and renamed then.
    With the first download the whole sha256 is pinned in `<name>.lock.json`, and every later use
    reads the file and compares (a second for 1.2 GB). Without a digest, a size and a pin a file is
    taken when the server said where it ends and it came so far.

    A download that was stopped goes on where it broke if the server proves that the file is still
    the same. Failures that pass are tried again, then the next address is. Of several processes
    that ask at once one downloads. A file that was put into the folder by hand is checked, pinned
    and used, so a machine without network can be filled from another one.

    Args:
        source: Name, addresses, digest and size of the file.
        cache: Folder that keeps it, `cache_root()` by default.
        progress: Draw the progress on standard error if that is a terminal.

    Returns:
        The path of the file.

    Raises:
        FetchError: No address gave the right file, or it could not be written. An `OSError`.
        ValueError: The file that lies in the cache is another one. It is left as it is.

    Example:
        >>> from keras_nonlocal.download import Source, fetch
        >>> path = fetch(Source("a.mp4", ("jumping.mp4",)), cache="downloads")
        >>> sorted(file.name for file in path.parent.glob("[!.]*"))
        ['a.mp4', 'a.mp4.lock.json']
    """
    place = Place.at(cache, source.name)
    if _settled(place):
        _check(place, source)
        return place.file
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        with place.alone(on_terminal(progress)):
            _settle(place, source, progress)
    except FetchError:
        raise
    except OSError as error:
        raise FetchError(
            f"{source.name} could not be written to the folder {place.folder}: {error}. "
            f"Make room or choose another folder: the argument `cache` or the variable {VARIABLE}."
        ) from error
    return place.file


def _settled(place: Place) -> bool:
    """Whether nothing is to be written: file and pin are there, or nobody may write a pin."""
    return place.file.is_file() and (place.pin.exists() or not os.access(place.folder, os.W_OK))


def _settle(place: Place, source: Source, progress: bool) -> None:
    if not os.path.lexists(place.file):
        _download(place, source, progress)
        return
    pin, found = _check(place, source)
    if pin is None:
        write_pin(place.pin, found.pin(url=None))


def _check(place: Place, source: Source) -> tuple[Pin | None, Found]:
    if not place.file.is_file():
        raise ValueError(f"{place.file} should be a file. Move it away and fetch again.")
    pin = read_pin(place.pin)
    found = measure(place.file, source)
    if reasons := misfits(found, source, pin):
        raise ValueError(
            f"{place.file} is not the expected file:\n{_listed(reasons)}\n"
            f"It was left as it is. To fetch it again, remove it and {place.pin.name} beside it."
        )
    return pin, found


def _download(place: Place, source: Source, progress: bool) -> None:
    pin = read_pin(place.pin)
    if pin is not None and source.size is None:
        source = replace(source, size=pin.size)
    partial = Partial(place)
    failures = []
    for url in source.urls:
        try:
            found = _obtain(Job(url, source, partial, progress), pin)
        except Unavailable as problem:
            failures.append(f"{url}: {problem}")
            continue
        if pin is None:
            write_pin(place.pin, found.pin(url))
        partial.publish(place.file)
        return
    raise FetchError(_advice(place, source, pin, failures))


def _obtain(job: Job, pin: Pin | None) -> Found:
    """A download that was checked; where the bytes may have been at fault, once more from zero."""
    for _ in range(2):
        doubtful = download(job)
        found = measure(job.partial.path, job.source)
        reasons = misfits(found, job.source, pin)
        if not reasons:
            return found
        job.partial.discard()
        if not doubtful:
            break
    raise Unavailable("not the expected file: " + "; ".join(reasons))


def _advice(place: Place, source: Source, pin: Pin | None, failures: list[str]) -> str:
    stated = [f"{source.digest.kind} {source.digest.value}"] if source.digest else []
    stated += [f"{source.size} bytes"] if source.size is not None else []
    stated += [f"sha256 {pin.sha256} (pinned in {place.pin})"] if pin else []
    return (
        f"{source.name} could not be fetched:\n{_listed(failures)}\n"
        "On a machine without network, fetch it elsewhere from one of these addresses and copy "
        f"it to\n  {place.file}\n"
        f"Expected: {', '.join(stated) or 'no digest and no size are published'}."
    )


def _listed(lines: list[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)
