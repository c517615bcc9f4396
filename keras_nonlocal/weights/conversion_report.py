"""The report of a conversion: a table of what was done with every tensor."""

from __future__ import annotations

from dataclasses import dataclass

from ..utils.text import padded

NONE = "-"
HEADINGS = ("in the checkpoint", "shape", "in the model", "shape", "action")


@dataclass(frozen=True)
class TensorRow:
    """One tensor of a conversion.

    A side that does not have the tensor has the name `"-"` and the shape `()`.

    Attributes:
        source_name, source_shape: Name and shape in the checkpoint.
        target_name, target_shape: Name and shape in the model.
        action: What was done with the tensor.
    """

    source_name: str
    source_shape: tuple[int, ...]
    target_name: str
    target_shape: tuple[int, ...]
    action: str


@dataclass(frozen=True)
class ConversionReport:
    """The report of a conversion, with one row for each tensor. Its text is a table.

    Attributes:
        source: The code base that wrote the checkpoint.
        model: The name of the model.
        rows: The tensors of the model in order, and then the entries that were ignored.
        left_out: What was left out of the names in the checkpoint, such as `module.`.

    Example:
        >>> row = TensorRow("fc.bias", (400,), "logits/bias", (400,), "unchanged")
        >>> print(ConversionReport("gluoncv", "i3d_r50", (row,)))
        in the checkpoint  shape  in the model  shape  action
        fc.bias            400    logits/bias   400    unchanged
        1 row: a gluoncv checkpoint, and i3d_r50
    """

    source: str
    model: str
    rows: tuple[TensorRow, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        cells = padded([HEADINGS, *map(_cells, self.rows)])
        lines = ["  ".join(line).rstrip() for line in cells]
        count = f"{len(self.rows)} row{'s' * (len(self.rows) != 1)}"
        names = f"; its names are read without {', '.join(self.left_out)}" if self.left_out else ""
        return "\n".join([*lines, f"{count}: a {self.source} checkpoint, and {self.model}{names}"])


def _cells(row: TensorRow) -> tuple[str, ...]:
    shapes = (" x ".join(map(str, shape)) or NONE for shape in (row.source_shape, row.target_shape))
    return (row.source_name, next(shapes), row.target_name, next(shapes), row.action)
