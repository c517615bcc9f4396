"""One address into a partial file: once, or again after what passes by itself.

`requests` because TensorFlow brings it: proxies, certificates and redirects as users know them.
Its own retries begin a body anew; ours go on where it broke, hence the loop in `download`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests
from tqdm import tqdm

from ..utils.progress import on_terminal, progress_bar
from . import http_checks
from .errors import Interrupted, Unavailable
from .partial import Partial, Version
from .published_file import PublishedFile, is_web, local_path

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0  # seconds
WAITS = (0.5, 1.0, 2.0)  # seconds before each further try
LONGEST_WAIT = 60.0  # a server that asks for more is left alone
BLOCK = 1 << 16
_LASTING = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.SSLError,
)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "keras_nonlocal"}


@dataclass(frozen=True)
class Job:
    """What is to be brought, where from, and where to."""

    url: str
    source: PublishedFile
    partial: Partial
    progress: bool


def download(job: Job) -> bool:
    """Bring the file into the partial file, after the bytes that are there if that is safe.

    Returns:
        Whether another download might give other bytes: this one went on after an earlier one, or
        the server did not say where the file ends.

    Raises:
        Unavailable: It could not be had from there.
        OSError: It could not be written.
    """
    transfer = _receive if is_web(job.url) else _copy
    for wait in WAITS:
        try:
            return transfer(job)
        except Interrupted as problem:
            if problem.wait > LONGEST_WAIT:
                raise Unavailable(f"{problem}; asks to wait {problem.wait:.0f} s") from problem
            pause = max(wait, problem.wait)
            if on_terminal(job.progress):
                print(f"{job.url}: {problem}. Trying again in {pause:.1f} s.", file=sys.stderr)
            time.sleep(pause)
    try:
        return transfer(job)
    except Interrupted as problem:
        raise Unavailable(f"{problem} (the last of {len(WAITS) + 1} tries)") from problem


def _receive(job: Job) -> bool:
    version = job.partial.resumable(job.url)
    if version is not None and version.length == job.partial.size:
        return True  # an earlier process was stopped between the last byte and the check
    headers = dict(_HEADERS)
    if version is not None:
        headers |= {"Range": f"bytes={job.partial.size}-", "If-Range": str(version.validator)}
    with requests.Session() as session, _ask(session, job.url, headers) as response:
        http_checks.check_route(response, job.url)
        http_checks.check_encoding(response)
        resumed = version is not None and http_checks.is_rest(response)
        length = _prepare(response, version if resumed else None, job)
        _store(_body(response), length, job)
    return resumed or length is None


def _ask(session: requests.Session, url: str, headers: Mapping[str, str]) -> requests.Response:
    session.max_redirects = 10
    timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
    try:
        return session.get(url, headers=headers, stream=True, timeout=timeout)
    except _LASTING as error:
        raise Unavailable(_reason(error)) from error
    except requests.RequestException as error:
        raise Interrupted(_reason(error)) from error
    except (OSError, ValueError) as error:  # no bundle of certificates; a redirect to no address
        raise Unavailable(str(error)) from error


def _prepare(response: requests.Response, version: Version | None, job: Job) -> int | None:
    """Make the partial file ready for the body; how long the whole file will be."""
    if version is None:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            job.partial.discard()
        http_checks.check_whole(response, job.source)
        version = http_checks.offered(response, job.url)
        job.partial.begin(version)
        return version.length
    try:
        http_checks.check_rest(response, version, job.partial.size)
    except Interrupted:
        job.partial.discard()
        raise
    return version.length


def _body(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(BLOCK)
    except requests.RequestException as error:
        raise Interrupted(_reason(error)) from error


def _copy(job: Job) -> bool:
    path = local_path(job.url)
    try:
        if not path.is_file():
            raise Unavailable(f"there is no file {path}")
        length = path.stat().st_size
    except OSError as error:
        raise Unavailable(str(error)) from error
    http_checks.check_length(length, job.source)
    job.partial.begin(Version(job.url, length=length))
    _store(_blocks(path), length, job)
    return False


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as error:
        raise Unavailable(f"it could not be read: {error}") from error


def _store(blocks: Iterable[bytes], length: int | None, job: Job) -> None:
    expected = job.source.size if length is None else length
    name, there = job.source.name, job.partial.size
    with progress_bar(expected, shown=job.progress, unit="B", desc=name, initial=there) as bar:
        job.partial.extend(_counted(blocks, job, bar))
    if expected is not None and job.partial.size != expected:
        raise Interrupted(f"the connection ended after {job.partial.size} of {expected} bytes")


def _counted(blocks: Iterable[bytes], job: Job, bar: tqdm) -> Iterator[bytes]:
    done, size = job.partial.size, job.source.size
    for block in blocks:
        done += len(block)
        if size is not None and done > size:
            raise Unavailable(f"it sends more than the expected {size} bytes")
        yield block
        bar.update(len(block))


def _reason(error: Exception) -> str:
    """Under what `requests` says lies what happened."""
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "reason", None) or inner)
