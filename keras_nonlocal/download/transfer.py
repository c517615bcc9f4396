"""One address into one file, by `pooch.HTTPDownloader`.

`pooch.retrieve` would also store the file, but it cannot keep the promises of `fetch`: it replaces
a file that somebody put into the folder, accepts a web page where no digest is known, does not
know prefixes of digests, has no lock, and leaves half a file behind where it is killed. That a body
is as long as its `Content-Length` says is checked by urllib3, from its version 2 on.
"""

from __future__ import annotations

import os
import time
from http import HTTPStatus
from pathlib import Path

import pooch
import requests

TIMEOUT = (10.0, 30.0)  # seconds: to connect, and between two blocks
WAITS = (1.0, 3.0)  # seconds before each further try, where a connection broke
_BLOCK = 1 << 16


def download(url: str, part: Path, *, progress: bool, known: bool) -> None:
    """Download into the file `part`; again from the start where the connection broke.

    Args:
        url: The address.
        part: The file to write.
        progress: Whether to show the progress on standard error.
        known: Whether the caller knows a digest. Else the answer itself must show that it is
            whole, and not the page of a login.

    Raises:
        requests.RequestException, ValueError: The address did not give a file.
        OSError: `part` could not be written. (A `RequestException` is an `OSError`, too.)
    """
    hooks = {} if known else {"response": _refuse_doubtful}
    downloader = pooch.HTTPDownloader(progress, chunk_size=_BLOCK, timeout=TIMEOUT, hooks=hooks)
    for wait in (*WAITS, None):
        try:
            with part.open("wb") as out:
                downloader(url, out, None)
                os.fsync(out.fileno())
            break
        except requests.RequestException as problem:
            if wait is None or problem.response is not None:  # the server has answered
                raise
            time.sleep(wait)
    if not known:
        with part.open("rb") as file:
            if file.read(1024).lstrip().lower().startswith((b"<!doctype html", b"<html")):
                raise ValueError("the server sent a web page")


def _refuse_doubtful(response: requests.Response, **_) -> None:
    """Where no digest is known, the server has to say that it sends a file, and where it ends."""
    if response.is_redirect or not response.ok:
        return
    headers = response.headers
    ends = "Content-Length" in headers or headers.get("Transfer-Encoding") == "chunked"
    doubts = {
        f"the server answered {response.status_code}": response.status_code != HTTPStatus.OK,
        "the server sent a web page": "html" in headers.get("Content-Type", ""),
        "the server did not say where the file ends": not ends,
    }
    for doubt, exists in doubts.items():
        if exists:
            raise requests.RequestException(doubt, response=response)
