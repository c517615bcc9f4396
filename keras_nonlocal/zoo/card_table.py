"""The zoo at a glance: a Markdown table with one row a card, generated and never typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..pretrained.cards import Card, read_card
from ..pretrained.entries import card_names
from ..utils.checks import PathLike

HEADING = "| card "

COLUMNS: dict[str, Callable[[Card], str]] = {
    "card": lambda card: card.name + (" *" if card.recommended else ""),
    "frames": lambda card: f"{card.clip.num_frames}x{card.clip.frame_stride}",
    "views": lambda card: (
        f"{card.clip.num_clips}x{card.clip.num_crops * (2 if card.clip.flip else 1)}"
    ),
    "top-1": lambda card: _percent(card.accuracy[0].top1),
    "top-5": lambda card: _percent(card.accuracy[0].top5),
    "hash": lambda card: card.weights.digest.kind if card.weights.digest else "-",
    "license": lambda card: card.license.name,
    "weights": lambda card: "fetched" if card.weights.url else "in the package",
}


def table(cards: Sequence[Card] | None = None) -> str:
    """A Markdown table with one row a card; `*` marks what a data set's name stands for.

    Args:
        cards: The cards, by default all of them.

    Returns:
        Lines of the same width: Markdown that can be read as it is.

    Example:

    >>> card = keras_nonlocal.pretrained.read_card("nl_i3d_small_weizmann")
    >>> print(keras_nonlocal.zoo.table([card]))
    | card                    | frames | views | top-1 | top-5 | hash   | license    | weights ...
    """
    cards = [read_card(name) for name in card_names()] if cards is None else cards
    rows = [list(COLUMNS), *([cell(card) for cell in COLUMNS.values()] for card in cards)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(_line(row, widths) for row in rows)


def write_table(path: PathLike) -> None:
    """Put the table of all cards into a Markdown file, in place of the one that it ends in.

    Args:
        path: The file; everything from the table's heading on is replaced.

    Raises:
        ValueError: The file has no table of cards.
    """
    path = Path(path)
    text, heading, _ = path.read_text("utf-8").partition(HEADING)
    if not heading:
        raise ValueError(f"{path} has no table of cards: a line that begins with {HEADING!r}.")
    path.write_text(f"{text}{table()}\n", "utf-8")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"| {' | '.join(padded)} |"


def _percent(value: float | None) -> str:
    return "-" if value is None else str(value)
