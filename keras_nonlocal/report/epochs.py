"""The numbers behind the curves, one row an epoch."""

from __future__ import annotations

from ..pages.parts import Section, folded, format_number, table
from .history import History, columns, title


def section(history: History) -> Section | None:
    """All of the history as a table, folded."""
    if not history:
        return None
    names = ["epoch", *(name for name in columns(history) if name != "epoch")]
    rows = [[format_number(row[name]) if name in row else "" for name in names] for row in history]
    body = table([title(name) for name in names], rows, "What was measured in each epoch")
    return Section("Epochs", folded(f"The numbers of all {len(rows)} epochs", body))
