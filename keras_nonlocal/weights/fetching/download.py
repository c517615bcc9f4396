"""One address into a partial file: once, or again after what passes by itself.

`requests` because TensorFlow brings it: proxies, certificates and redirects as users know them.
Its own retries begin a body anew; ours go on where it broke, hence the loop in `download`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import requests

from .partial import Partial, Version
from .progress import Progress
from .source import Source, is_web, local_path

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0  # seconds
WAITS = (0.5, 1.0, 2.0)  # seconds before each further try
LONGEST_WAIT = 60.0  # a server that asks for more is left alone
BLOCK = 1 << 16
_PASSING = {408, 425, 429}  # and all from 500 on
_LASTING = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.SSLError,
)
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "keras_nonlocal"}


class Unavailable(Exception):
    """An address does not give the file; trying it again now would not help."""


class Interrupted(Exception):
    """An address did not give the file this time; `wait` is how long it asks to be left alone."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def download(url: str, partial: Partial, source: Source, progress: Progress) -> bool:
    """Bring the file at `url` into `partial`, after the bytes that are there if that is safe.

    Returns:
        Whether another download might give other bytes: this one went on after an earlier one, or
        the server did not say where the file ends.

    Raises:
        Unavailable: It could not be had from there.
        OSError: It could not be written.
    """
    transfer = _receive if is_web(url) else _copy
    for wait in WAITS:
        try:
            return transfer(url, partial, source, progress)
        except Interrupted as problem:
            if problem.wait > LONGEST_WAIT:
                raise Unavailable(f"{problem}; asks to wait {problem.wait:.0f} s") from problem
            pause = max(wait, problem.wait)
            progress.say(f"{url}: {problem}. Trying again in {pause:.1f} s.")
            time.sleep(pause)
    try:
        return transfer(url, partial, source, progress)
    except Interrupted as problem:
        raise Unavailable(f"{problem} (the last of {len(WAITS) + 1} tries)") from problem


def _receive(url: str, partial: Partial, source: Source, progress: Progress) -> bool:
    version = partial.resumable(url)
    if version is not None and version.length == partial.size:
        return True  # an earlier process was stopped between the last byte and the check
    headers = dict(_HEADERS)
    if version is not None:
        headers |= {"Range": f"bytes={partial.size}-", "If-Range": str(version.validator)}
    try:
        with requests.Session() as session:
            session.max_redirects = 10
            timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
            with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
                return _receive_body(response, url, version, partial, source, progress)
    except _LASTING as error:
        raise Unavailable(_reason(error)) from error
    except requests.RequestException as error:
        raise Interrupted(_reason(error)) from error


def _receive_body(
    response: requests.Response,
    url: str,
    version: Version | None,
    partial: Partial,
    source: Source,
    progress: Progress,
) -> bool:
    _check_route(response, url)
    _check_encoding(response)
    offered = _offered(response, url)
    resumed = version is not None and response.status_code == HTTPStatus.PARTIAL_CONTENT
    if version is not None and resumed:
        _check_rest(response, offered, version, partial)
        length = version.length
    else:
        _check_status(response, partial)
        _check_end(response, offered.length, source)
        partial.begin(offered)
        length = offered.length
    _store(response.iter_content(BLOCK), length, partial, source, progress)
    return resumed or length is None


def _copy(url: str, partial: Partial, source: Source, progress: Progress) -> bool:
    path = local_path(url)
    try:
        if not path.is_file():
            raise Unavailable(f"there is no file {path}")
        length = path.stat().st_size
    except OSError as error:
        raise Unavailable(str(error)) from error
    _check_length(length, source)
    partial.begin(Version(url, length=length))
    _store(_blocks(path), length, partial, source, progress)
    return False


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as error:
        raise Unavailable(f"it could not be read: {error}") from error


def _store(
    blocks: Iterable[bytes],
    length: int | None,
    partial: Partial,
    source: Source,
    progress: Progress,
) -> None:
    expected = source.size if length is None else length
    progress.start(partial.size, expected)
    try:
        partial.extend(_counted(blocks, partial.size, source, progress))
    finally:
        progress.finish()
    if expected is not None and partial.size != expected:
        raise Interrupted(f"the connection ended after {partial.size} of {expected} bytes")


def _counted(
    blocks: Iterable[bytes], done: int, source: Source, progress: Progress
) -> Iterator[bytes]:
    for block in blocks:
        done += len(block)
        if source.size is not None and done > source.size:
            raise Unavailable(f"it sends more than the expected {source.size} bytes")
        yield block
        progress.advance(len(block))


def _offered(response: requests.Response, url: str) -> Version:
    headers = response.headers
    stated = headers.get("Content-Length", "")
    length = int(stated) if stated.isdecimal() else None
    return Version(url, headers.get("ETag"), headers.get("Last-Modified"), length)


def _check_route(response: requests.Response, url: str) -> None:
    """A redirect must not lead out of https; to anything but the web `requests` follows none."""
    for hop in (*response.history, response):
        if url.startswith("https:") and not hop.url.startswith("https:"):
            raise Unavailable(f"it leads from https to {hop.url}")


def _check_encoding(response: requests.Response) -> None:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise Unavailable(f"it sends the file encoded as {encoding}, and was asked not to")


def _check_status(response: requests.Response, partial: Partial) -> None:
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    reason = f"{status} {response.reason}"
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        partial.discard()
        raise Interrupted(reason)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Interrupted(reason, _seconds(response.headers.get("Retry-After", "")))
    raise Unavailable(reason)


def _check_rest(
    response: requests.Response, offered: Version, version: Version, partial: Partial
) -> None:
    """The rest must be of the same version, begin where we are and go to the end."""
    rest = f"bytes {partial.size}-{(version.length or 0) - 1}/{version.length}"
    sent = response.headers.get("Content-Range")
    if sent != rest or offered.validator != version.validator:
        partial.discard()
        raise Interrupted(f"the server goes on with something else ({sent}, expected {rest})")


def _check_end(response: requests.Response, length: int | None, source: Source) -> None:
    if length is not None:
        _check_length(length, source)
    elif (source.digest, source.size) == (None, None) and not _is_chunked(response):
        raise Unavailable("neither the server nor the source says where the file ends")


def _check_length(length: int, source: Source) -> None:
    if source.size is not None and length != source.size:
        raise Unavailable(f"it has {length} bytes, expected {source.size}")


def _is_chunked(response: requests.Response) -> bool:
    return response.headers.get("Transfer-Encoding", "").lower() == "chunked"


def _seconds(retry_after: str) -> float:
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        wait = parsedate_to_datetime(retry_after) - datetime.now(UTC)
    except (TypeError, ValueError):  # no header, or no date
        return 0.0
    return max(wait.total_seconds(), 0.0)


def _reason(error: Exception) -> str:
    """Under what `requests` says lies what happened."""
    inner = error.args[0] if error.args else error
    return str(getattr(inner, "reason", None) or inner)
