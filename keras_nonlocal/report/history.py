"""What a training run wrote down: one row of numbers an epoch."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from numbers import Real

from .sections import PageTable, Section, number

History = Sequence[Mapping[str, float]]

VALIDATION = "val_"  # before the names of what was measured on other examples
_WORDS = {"seconds": "seconds an epoch", "map": "mean average precision"}


def check_history(history: History) -> None:
    """Raises `ValueError` for the first row that holds no numbers, or no later epoch."""
    last = -math.inf
    for place, row in enumerate(history):
        values = row.values() if isinstance(row, Mapping) else [None]
        if not all(isinstance(value, Real) for value in values) or row.get("epoch", last) <= last:
            raise ValueError(
                "Each row of `history` must hold numbers by name, and a higher `epoch` than the "
                f"row before. Received: history[{place}]={row!r}"
            )
        last = row["epoch"]


def epochs_section(history: History) -> Section | None:
    """All numbers of the history in a table."""
    if not history:
        return None
    names = list(dict.fromkeys(["epoch", *columns(history)]))
    rows = [[number(row[name]) if name in row else "" for name in names] for row in history]
    heads = [title(name) for name in names]
    caption = "What was measured in each epoch"
    return Section("Epochs", table=PageTable(caption, heads, rows, "The numbers of each epoch"))


def columns(history: History) -> list[str]:
    """All names, in the order in which they first appear."""
    return list(dict.fromkeys(name for row in history for name in row))


def title(name: str) -> str:
    """How people call a column.

    >>> title("top1"), title("learning_rate"), title("val_loss")
    ('Top-1', 'Learning rate', 'Validation loss')
    """
    base = name.removeprefix(VALIDATION)
    words = _WORDS.get(base, base.replace("_", " "))
    words = "validation " * (base != name) + re.sub(r"\btop ?(\d+)", r"top-\1", words)
    return words[:1].upper() + words[1:]


def is_share(name: str) -> bool:
    """Whether the column holds parts of one, which are read as percent."""
    return bool(re.search(r"(top_?\d+|accuracy|precision|\bmap)$", name))
