"""What the head of an HTTP answer must say before its body is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests

from .errors import Interrupted, Unavailable
from .partial import Version
from .published_file import PublishedFile

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def offered(response: requests.Response, url: str) -> Version:
    """The version that the answer is of. The length of a rest is that of the rest."""
    headers = response.headers
    stated = headers.get("Content-Length", "")
    length = int(stated) if stated.isdecimal() else None
    return Version(url, headers.get("ETag"), headers.get("Last-Modified"), length)


def is_rest(response: requests.Response) -> bool:
    """Whether the answer is a part of the file."""
    return response.status_code == HTTPStatus.PARTIAL_CONTENT


def check_rest(response: requests.Response, version: Version, done: int) -> None:
    """It must be of the same version, begin after what is `done`, and go to the end."""
    rest = f"bytes {done}-{(version.length or 0) - 1}/{version.length}"
    sent = response.headers.get("Content-Range")
    same = offered(response, version.url).validator == version.validator
    if sent != rest or not same:
        raise Interrupted(f"the server goes on with something else ({sent}, expected {rest})")


def check_whole(response: requests.Response, source: PublishedFile) -> None:
    """It must be the whole file, of the expected size, with an end that can be told."""
    _check_status(response)
    length = offered(response, "").length
    if length is not None:
        check_length(length, source)
    elif (source.digest, source.size) == (None, None) and not _is_chunked(response):
        raise Unavailable("neither the server nor the source says where the file ends")


def check_length(length: int, source: PublishedFile) -> None:
    """The length that is announced must be the size that is expected."""
    if source.size is not None and length != source.size:
        raise Unavailable(f"it has {length} bytes, expected {source.size}")


def check_route(response: requests.Response, url: str) -> None:
    """A redirect must not lead out of https. `requests` follows none out of the web."""
    for hop in (*response.history, response):
        if url.lower().startswith("https:") and not hop.url.lower().startswith("https:"):
            raise Unavailable(f"it leads from https to {hop.url}")


def check_encoding(response: requests.Response) -> None:
    """Bytes must come as they are: sizes, ranges and digests are of the file itself."""
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise Unavailable(f"it sends the file encoded as {encoding}, and was asked not to")


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    reason = f"{status} {response.reason}"
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise Interrupted(reason)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Interrupted(reason, _seconds(response.headers.get("Retry-After", "")))
    if status != HTTPStatus.OK:
        raise Unavailable(reason)


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
