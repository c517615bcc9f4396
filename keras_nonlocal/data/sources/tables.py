"""Text files with comments at the start and comma-separated rows under a header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..find_files import VIDEO_SUFFIXES

_LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class Table:
    """A text file, split into the comments at its start and the rest.

    Attributes:
        path: The file.
        comments: The lines at its start that begin with `#`.
        text: Everything after the comments.
    """

    path: str
    comments: tuple[str, ...]
    text: str

    @property
    def header(self) -> list[str]:
        """The cells of the first line."""
        first = self.text.lstrip().partition("\n")[0][:_LONGEST_HEADER]
        return [cell.strip() for cell in next(csv.reader([first]), [])]

    def rows(self) -> tuple[list[dict[str, str]], Callable[[int], str]]:
        """Returns the rows below the header as dicts, and a function from the index of a row to
        the file and line that error messages name.

        Raises:
            ValueError: A row has more or fewer cells than the header, or two columns have the same
                name.
        """
        (_, first), *rest = self._lines()
        header = [cell.strip() for cell in first]
        while header and not header[-1]:  # empty columns at the end, as spreadsheets write them
            header.pop()
        if len(set(header)) < len(header):
            raise ValueError(
                f"The columns of {self.path!r} must have different names. "
                f"Received: {', '.join(header)}"
            )
        for line, cells in rest:
            if any(cell.strip() for cell in cells[len(header) :]):
                raise ValueError(
                    f"{self.path!r}, line {line}: expected {len(header)} cells, as the header has. "
                    f"Received: {len(cells)} cells"
                )
            if len(cells) < len(header):
                raise ValueError(
                    f"{self.path!r}, line {line}: expected {len(header)} cells, as the header has. "
                    f"Received: {len(cells)} cells"
                )
        rows = [dict(zip(header, cells, strict=False)) for _, cells in rest]
        return rows, lambda row: f"{self.path!r}, line {rest[row][0]}"

    def _lines(self) -> list[tuple[int, list[str]]]:
        """The line number on which each row ends, and its cells."""
        reader = csv.reader(io.StringIO(self.text, newline=""), skipinitialspace=True)
        before = len(self.comments)
        try:
            return [(reader.line_num + before, cells) for cells in reader if cells]
        except csv.Error as error:
            line = reader.line_num + before
            raise ValueError(
                f"{self.path!r}, line {line} must be a row of a CSV file. Received: {error}"
            ) from error


def split_comments(path: str, text: str) -> Table:
    """Splits the text of a file; some spreadsheets end lines with a carriage return alone."""
    text = text if "\n" in text else text.replace("\r", "\n")
    lines = text.splitlines(keepends=True)
    count = next((n for n, line in enumerate(lines) if not _is_comment(line)), len(lines))
    return Table(path, tuple(line.strip() for line in lines[:count]), "".join(lines[count:]))


def _is_comment(line: str) -> bool:
    """Whether a line is a comment, and not a list's line whose path begins with `#`."""
    path = re.match(r"#\S.*?(\.\w+)[\s,]+\d", line)
    return line.startswith("#") and not (path and path[1].lower() in VIDEO_SUFFIXES)
