"""Text with comma-separated rows under a header -> its rows, each with the line it stands on."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

_LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class Table:
    """A text file, split into the comments at its start and the rest.

    Attributes:
        path: The file.
        comments: Lines at its start that begin with `#`.
        text: All that follows them.
    """

    path: str
    comments: tuple[str, ...]
    text: str

    @property
    def header(self) -> list[str]:
        """The cells of its first line."""
        first = self.text.lstrip().partition("\n")[0][:_LONGEST_HEADER]
        return [cell.strip() for cell in next(csv.reader([first]), [])]

    def rows(self) -> tuple[list[dict[str, str]], list[int]]:
        """The rows below the header as dicts, and the number of the line that each ends on.

        Raises:
            ValueError: A row has more or fewer cells than the header.
        """
        (_, first), *rest = self._lines()
        header = _checked_header(first, self.path)
        for line, cells in rest:
            if len(cells) != len(header):
                raise ValueError(
                    f"{self.path!r}, line {line}: expected {len(header)} cells, as the header has. "
                    f"Received: {len(cells)} cells"
                )
        rows = [dict(zip(header, cells, strict=True)) for _, cells in rest]
        return rows, [line for line, _ in rest]

    def _lines(self) -> list[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(self.text, newline=""), skipinitialspace=True)
        before = len(self.comments)
        try:
            return [(reader.line_num + before, cells) for cells in reader if cells]
        except csv.Error as error:
            line = reader.line_num + before
            raise ValueError(
                f"{self.path!r}, line {line} is no row of a CSV file: {error}"
            ) from error

    def place(self, lines: Sequence[int]):
        """What errors call a row, as a function of its number."""
        return lambda row: f"{self.path!r}, line {lines[row]}"


def split_comments(path: str, text: str) -> Table:
    """The text of a file as a table; some spreadsheets end lines by a carriage return alone."""
    text = text if "\n" in text else text.replace("\r", "\n")
    lines = text.splitlines(keepends=True)
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return Table(path, tuple(line.strip() for line in lines[:count]), "".join(lines[count:]))


def _checked_header(cells: list[str], path: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(set(header)) < len(header):
        raise ValueError(f"{path!r} has two columns of one name. Received: {', '.join(header)}")
    return header
