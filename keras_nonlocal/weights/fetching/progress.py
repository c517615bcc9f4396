"""A line on the terminal that says how far a download is."""

from __future__ import annotations

import shutil
import sys
import time

_EVERY = 0.1  # seconds between two drawings
_MEGA = 1e6


class Progress:
    """Draws on standard error if that is a terminal, and says nothing otherwise."""

    def __init__(self, name: str, *, wanted: bool) -> None:
        self._name = name
        self._shown = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._done = self._came = 0
        self._total: int | None = None
        self._began = self._drawn = 0.0

    def start(self, done: int, total: int | None) -> None:
        """`done` of `total` bytes are there already; `None` is a total that nobody knows."""
        self._done, self._came, self._total = done, 0, total
        self._began, self._drawn = time.monotonic(), 0.0

    def advance(self, count: int) -> None:
        """So many more bytes came."""
        self._done += count
        self._came += count
        if self._shown and time.monotonic() - self._drawn > _EVERY:
            self._draw()

    def finish(self) -> None:
        """Draw the last state and leave the line."""
        if self._shown:
            self._draw()
            self._write("\n")

    def say(self, text: str) -> None:
        """A line of text, under the line of progress."""
        if self._shown:
            self._write(f"\n{text}\n")

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        line = progress_line(
            self._name, self._done, self._total, self._came / max(self._drawn - self._began, 1e-3)
        )
        columns = shutil.get_terminal_size().columns - 1
        self._write("\r" + line[:columns].ljust(columns))

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def progress_line(name: str, done: int, total: int | None, speed: float) -> str:
    """One line: share, megabytes, speed in bytes a second, name.

    >>> progress_line("nl.pth", 70_000_000, 140_000_000, 7e6)
    ' 50 %  70.0 of 140.0 MB  7.0 MB/s  10 s left  nl.pth'
    >>> progress_line("nl.pth", 70_000_000, None, 7e6)
    '70.0 MB  7.0 MB/s  nl.pth'
    """
    rate = f"{speed / _MEGA:.1f} MB/s"
    if not total:
        return f"{done / _MEGA:.1f} MB  {rate}  {name}"
    left = f"{(total - done) / max(speed, 1):.0f} s left"
    amount = f"{done / _MEGA:.1f} of {total / _MEGA:.1f} MB"
    return f"{100 * done // total:3d} %  {amount}  {rate}  {left}  {name}"
