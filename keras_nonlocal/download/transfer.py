"""Downloads one address into one file with `pooch.HTTPDownloader`.

`pooch.retrieve` would also store the file, but it cannot do what `fetch` promises. It replaces a
file that somebody copied into the folder, accepts a web page if no digest is known, does not
support prefixes of digests, has no lock, and leaves an incomplete file behind if it is killed.
Since version 2, urllib3 checks that a body has the length that `Content-Length` states.
"""

from __future__ import annotations

import os
import time
from http import HTTPStatus
from pathlib import Path

import pooch
import requests

TIMEOUT = (10.0, 30.0)  # seconds to connect, and seconds between two blocks
WAITS = (1.0, 3.0)  # seconds before each further attempt after a broken connection
_BLOCK = 1 << 16


def download(url: str, part: Path, *, progress: bool, known: bool) -> None:
    """Downloads into the file `part`. After a broken connection it starts again.

    Args:
        url: The address.
        part: The file to write.
        progress: Whether to show a progress bar on standard error.
        known: Whether the caller knows a digest. If not, the response itself must show that it is
            complete, and that it is not a login page.

    Raises:
        requests.RequestException, ValueError: The address does not give a file.
        OSError: `part` could not be written. (A `RequestException` is an `OSError`, too.)
    """
    hooks = {} if known else {"response": _check_response}
    downloader = pooch.HTTPDownloader(progress, chunk_size=_BLOCK, timeout=TIMEOUT, hooks=hooks)
    for wait in (*WAITS, None):
        try:
            with part.open("wb") as out:
                downloader(url, out, None)
                os.fsync(out.fileno())
            break
        except requests.RequestException as problem:
            if wait is None or problem.response is not None:  # the server has responded
                raise
            time.sleep(wait)
    if not known:
        with part.open("rb") as file:
            if file.read(1024).lstrip().lower().startswith((b"<!doctype html", b"<html")):
                raise ValueError("the server sent a web page")


def _check_response(response: requests.Response, **_) -> None:
    """Raises an error unless the server states that it sends a file, and where the file ends."""
    if response.is_redirect or not response.ok:
        return
    headers = response.headers
    ends = "Content-Length" in headers or headers.get("Transfer-Encoding") == "chunked"
    problems = {
        f"the server responded with {response.status_code}": response.status_code != HTTPStatus.OK,
        "the server sent a web page": "html" in headers.get("Content-Type", ""),
        "the server did not state where the file ends": not ends,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise requests.RequestException(problem, response=response)
