"""The two ways in which an address does not give its file."""

from __future__ import annotations


class Unavailable(Exception):
    """Trying it again now would not help."""


class Interrupted(Exception):
    """Not this time; `wait` is how many seconds the server asks to be left alone."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait
