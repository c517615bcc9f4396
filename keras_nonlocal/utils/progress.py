"""A line on the terminal that says how far a long task is."""

from __future__ import annotations

import shutil
import sys
import time

_EVERY = 0.1  # seconds between two drawings
# What a unit is divided by, and how many digits are shown of it.
_SCALES = {"MB": (1e6, 1), "files": (1, 0)}


class Progress:
    """Draws on standard error if that is a terminal, and prints nothing otherwise.

    Args:
        total: How many there are; `None` if nobody knows. For `"MB"`, count in bytes.
        unit: `"files"` or `"MB"`.
        name: What the line ends with.
        wanted: Whether to draw at all.
    """

    def __init__(self, total: int | None, *, unit: str = "files", name: str = "", wanted: bool):
        self._unit, self._name = unit, name
        self._shown = wanted and sys.stderr is not None and sys.stderr.isatty()
        self.start(0, total)

    def start(self, done: int, total: int | None) -> None:
        """`done` of `total` are there already."""
        self._done, self._came, self._total = done, 0, total
        self._began, self._drawn = time.monotonic(), 0.0

    def advance(self, count: int = 1) -> None:
        """So many more are done."""
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
        speed = self._came / max(self._drawn - self._began, 1e-3)
        line = progress_line(self._done, self._total, speed, unit=self._unit, name=self._name)
        columns = shutil.get_terminal_size().columns - 1
        self._write("\r" + line[:columns].ljust(columns))

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def progress_line(
    done: int, total: int | None, speed: float, *, unit: str = "files", name: str = ""
) -> str:
    """One line: the share, how many, how many a second, the time left, and the name.

    >>> progress_line(300, 1200, 5.0)
    ' 25 %  300 of 1200 files  5.0 files/s  0:03:00 left'
    >>> progress_line(70_000_000, 140_000_000, 7e6, unit="MB", name="nl.pth")
    ' 50 %  70.0 of 140.0 MB  7.0 MB/s  0:00:10 left  nl.pth'
    >>> progress_line(70_000_000, None, 7e6, unit="MB", name="nl.pth")
    '70.0 MB  7.0 MB/s  nl.pth'
    """
    scale, digits = _SCALES[unit]
    count = f"{done / scale:.{digits}f}"
    parts = [f"{count} {unit}", f"{speed / scale:.1f} {unit}/s"]
    if total is not None:
        share = 100 * done // total if total else 100
        left = round((total - done) / max(speed, 1e-6)) if done else 0
        clock = f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left"
        parts[0] = f"{share:3d} %  {count} of {total / scale:.{digits}f} {unit}"
        parts.append(clock if done else "starting")
    return "  ".join([*parts, name] if name else parts)
