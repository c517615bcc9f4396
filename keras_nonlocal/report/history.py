"""The history of a training run: one row of numbers for each epoch."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real

from .sections import ReportTable, Section, number

History = Sequence[Mapping[str, float]]

VALIDATION = "val_"  # the prefix of metrics of validation examples
_WORDS = {
    "seconds": "seconds per epoch",
    "map": "mean average precision",
    "mean_iou": "mean IoU",
    **{
        f"{kind}_ap{overlap}": f"AP{overlap} of {kinds}"
        for kind, kinds in (("box", "boxes"), ("mask", "masks"), ("keypoint", "keypoints"))
        for overlap in ("", "50", "75")
    },
}


def check_history(history: History) -> None:
    """Raises `ValueError` for the first row that has other values, or no increasing epoch."""
    last = -math.inf
    for index, row in enumerate(history):
        values = row.values() if isinstance(row, Mapping) else [None]
        if not all(isinstance(value, Real) for value in values) or row.get("epoch", last) <= last:
            raise ValueError(
                "Each row of `history` must hold numbers by name, and a higher `epoch` than the "
                f"row before. Received: history[{index}]={row!r}"
            )
        last = row["epoch"]


def epochs_section(history: History) -> Section | None:
    """Makes a table of all numbers of the history."""
    if not history:
        return None
    names = list(dict.fromkeys(["epoch", *columns(history)]))
    rows = [[number(row[name]) if name in row else "" for name in names] for row in history]
    headings = [title(name) for name in names]
    table = ReportTable("Metrics of each epoch", headings, rows, "The metrics of each epoch")
    return Section("Epochs", table=table)


def columns(history: History) -> list[str]:
    """Returns all names, in the order in which they first appear."""
    return list(dict.fromkeys(name for row in history for name in row))


def title(name: str) -> str:
    """Returns the title of a column.

    >>> title("top1"), title("learning_rate"), title("val_loss")
    ('Top-1', 'Learning rate', 'Validation loss')
    """
    base = name.removeprefix(VALIDATION)
    words = _WORDS.get(base, base.replace("_", " "))
    words = "validation " * (base != name) + re.sub(r"\btop ?(\d+)", r"top-\1", words)
    return words[:1].upper() + words[1:]


def is_fraction(name: str) -> bool:
    """Returns whether a column holds fractions, which are shown as percent."""
    return bool(re.search(r"(top_?\d+|accuracy|precision|\bmap|_iou|_ap\d*)$", name))
