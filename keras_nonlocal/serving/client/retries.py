"""Asks again as long as there is time, where asking again may help."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from .errors import ServerError

Answer = TypeVar("Answer")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0  # seconds


class Again(Exception):
    """A failure that may pass: the server was not there, or had no time.

    Args:
        error: What to raise if there is no time to ask again.
        wait: Seconds to wait, as the server says; `None` if it does not.
    """

    def __init__(self, error: ServerError, wait: float | None = None):
        super().__init__(str(error))
        self.error, self.wait = error, wait


def ask_again(ask: Callable[[float], Answer], deadline: float, retries: int) -> Answer:
    """Asks once, and again after failures that may pass.

    A prediction changes nothing on the server, so a request may be sent twice.

    Args:
        ask: Sends a request that must be answered within so many seconds. It raises `Again` for
            failures that may pass.
        deadline: Seconds for all attempts together.
        retries: Number of attempts after the first one.

    Raises:
        ServerError: The last failure.
    """
    end, wait = time.monotonic() + deadline, _FIRST_WAIT
    while True:
        try:
            return ask(max(end - time.monotonic(), 0.001))
        except Again as failure:
            pause = wait * random.uniform(0.5, 1) if failure.wait is None else failure.wait
            if not retries or time.monotonic() + pause >= end:
                raise failure.error from failure.__cause__
        time.sleep(pause)
        retries, wait = retries - 1, min(2 * wait, _LONGEST_WAIT)
