"""A line on the terminal that says how far a scan is."""

from __future__ import annotations

import shutil
import sys
import time

_EVERY = 0.1  # seconds between two drawings


class Progress:
    """Draws on standard error if that is a terminal, and says nothing otherwise."""

    def __init__(self, total: int, *, wanted: bool) -> None:
        self._total, self._done = total, 0
        self._shown = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._began, self._drawn = time.monotonic(), 0.0

    def advance(self) -> None:
        """One more file is done."""
        self._done += 1
        if self._shown and time.monotonic() - self._drawn > _EVERY:
            self._draw()

    def finish(self) -> None:
        """Draw the last state and leave the line."""
        if self._shown:
            self._draw()
            print(file=sys.stderr)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        line = progress_line(self._done, self._total, self._drawn - self._began)
        columns = shutil.get_terminal_size().columns - 1
        print("\r" + line[:columns].ljust(columns), end="", file=sys.stderr, flush=True)


def progress_line(done: int, total: int, seconds: float) -> str:
    """One line: share, files, files a second, time left.

    >>> progress_line(300, 1200, 60.0)
    ' 25 %  300 of 1200 files  5.0 files/s  0:03:00 left'
    """
    speed = done / max(seconds, 1e-3)
    left = round((total - done) / max(speed, 1e-6)) if done else 0
    clock = f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left" if done else "starting"
    share = 100 * done // total if total else 100
    return f"{share:3d} %  {done} of {total} files  {speed:.1f} files/s  {clock}"
