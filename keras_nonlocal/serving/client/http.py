"""Sends a body by HTTP within a deadline."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import NamedTuple

import requests
import urllib3

from .errors import ServerError
from .retries import Again, ask_again

# The server, or a proxy before it, did not work on the request.
_PASSING = (429, 502, 503, 504)
_LATE = (requests.Timeout, urllib3.exceptions.TimeoutError)
_PART = 1 << 16
_MOST_WORDS = 300  # letters


class Reply(NamedTuple):
    """What a server answered."""

    headers: Mapping[str, str]
    content: bytes


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    deadline: float,
    retries: int,
) -> Reply:
    """Posts a body, and returns the reply.

    Args:
        url: The address.
        body: The body.
        headers: Its headers.
        deadline: Seconds for all attempts together.
        retries: Attempts after the first one, for servers that are not there or have no time.

    Raises:
        ServerError: There was no answer in time, or it is an error.
    """

    def ask(seconds: float) -> Reply:
        end = time.monotonic() + seconds
        late = ServerError(f"{url} did not answer within {deadline:g} seconds.")
        try:
            with requests.post(
                url,
                body,
                headers=dict(headers),
                timeout=seconds,
                stream=True,
                allow_redirects=False,
            ) as response:
                content = bytearray()
                while part := response.raw.read1(_PART, decode_content=True):  # what is there
                    content += part
                    if time.monotonic() > end:
                        raise late
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            if isinstance(error, _LATE) or time.monotonic() > end:
                raise late from error
            failure = ServerError(f"{url} cannot be reached: {_cause(error)}. Is it running?")
            raise Again(failure) from error
        status = response.status_code
        if status == 200:
            return Reply(response.headers, bytes(content))
        failure = ServerError(f"{url} answered {status}: {_words(bytes(content))}", status)
        if status in _PASSING:
            raise Again(failure, _wait(response))
        raise failure

    return ask_again(ask, deadline, retries)


def _words(content: bytes) -> str:
    """What a server says about an error, which should be JSON."""
    try:
        return str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError):
        return content.decode("utf-8", "replace")[:_MOST_WORDS].strip() or "without a word"


def _cause(error: BaseException) -> str:
    """The innermost cause, as the errors around it only repeat the address."""
    while error.__context__ is not None:
        error = error.__context__
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _wait(response: requests.Response) -> float | None:
    after = response.headers.get("Retry-After", "")
    return float(after) if after.isdigit() else None
