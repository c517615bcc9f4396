"""What a training run wrote down: one row of numbers an epoch."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real

History = Sequence[Mapping[str, float]]

VALIDATION = "val_"  # before the names of what was measured on other examples
_WORDS = {"seconds": "seconds an epoch", "map": "mean average precision"}


def checked(history: History) -> list[dict[str, float]]:
    """The rows as plain dictionaries of Python's numbers.

    Raises:
        ValueError: A row has no epoch, or one that is not after the last, or holds no number.
    """
    rows, last = [], -math.inf
    for number, row in enumerate(history):
        if not isinstance(row, Mapping) or not isinstance(row.get("epoch"), Real):
            raise ValueError(
                "`history` must be rows of numbers by name, each with its `epoch`. "
                f"Received: history[{number}]={row!r}"
            )
        for name, value in row.items():
            if isinstance(value, bool) or not isinstance(value, Real):
                raise ValueError(
                    f"`history` must hold numbers. Received: history[{number}][{name!r}]={value!r}"
                )
        if not row["epoch"] > last:
            raise ValueError(
                "`history` must be in the order of its epochs, each of them once. "
                f"Received: epoch {row['epoch']} after {last}"
            )
        last = row["epoch"]
        rows.append({name: _plain(value) for name, value in row.items()})
    return rows


def columns(history: History) -> list[str]:
    """All names, in the order in which they come up."""
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
    """Whether the column holds parts of one, which are read as per cent."""
    return bool(re.search(r"(top_?\d+|accuracy|precision|\bmap)$", name))


def not_finite(history: History) -> Iterator[str]:
    """Says which columns hold no number where."""
    for name in columns(history):
        epochs = [row["epoch"] for row in history if not math.isfinite(row.get(name, 0))]
        if epochs:
            shown = ", ".join(str(epoch) for epoch in epochs[:5])
            more = f" and {len(epochs) - 5} more" if len(epochs) > 5 else ""
            yield f"{title(name)} is not a finite number in epoch {shown}{more}."


def _plain(value) -> float:
    value = float(value)
    return int(value) if value.is_integer() else value
