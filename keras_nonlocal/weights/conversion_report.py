"""What became of every tensor of a converted checkpoint, as a table."""

from __future__ import annotations

from dataclasses import dataclass

NONE = "-"
HEADINGS = ("there", "shape there", "here", "shape here", "done")


@dataclass(frozen=True)
class TensorRow:
    """One tensor: its name and shape in the checkpoint and in the model, and what was done.

    A side that does not have the tensor has `"-"` for its name, and `()` for its shape.
    """

    name_there: str
    shape_there: tuple[int, ...]
    name_here: str
    shape_here: tuple[int, ...]
    done: str


@dataclass(frozen=True)
class ConversionReport:
    """A conversion, one row a tensor. Printed, it is a table.

    Attributes:
        source: The code base that the checkpoint is from.
        model: Name of the model.
        rows: In the order of the model, then what was left out.

    Example:

    >>> row = TensorRow("fc.bias", (400,), "logits/bias", (400,), "as it is")
    >>> print(ConversionReport("gluoncv", "i3d_r50", (row,)))
    there    shape there  here         shape here  done
    fc.bias  400          logits/bias  400         as it is
    1 row: a gluoncv checkpoint, and i3d_r50
    """

    source: str
    model: str
    rows: tuple[TensorRow, ...]

    def __str__(self) -> str:
        cells = [HEADINGS, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in cells
        ]
        count = f"{len(self.rows)} row{'s' * (len(self.rows) != 1)}"
        return "\n".join([*lines, f"{count}: a {self.source} checkpoint, and {self.model}"])


def _cells(row: TensorRow) -> tuple[str, ...]:
    return (row.name_there, _size(row.shape_there), row.name_here, _size(row.shape_here), row.done)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or NONE
