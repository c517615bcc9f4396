"""The table of all model cards in `zoo/README.md`, which is generated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..pretrained.cards import Card, read_card
from ..utils.checks import PathLike
from ..utils.entries import card_names
from ..utils.text import padded

HEADING = "| card "

COLUMNS: dict[str, Callable[[Card], str]] = {
    "card": lambda card: card.name + (" *" if card.recommended else ""),
    "input": lambda card: _input(card),
    "views": lambda card: _views(card),
    "top-1": lambda card: _percent(card.accuracy[0].top1),
    "top-5": lambda card: _percent(card.accuracy[0].top5),
    "mean IoU": lambda card: _percent(card.accuracy[0].mean_iou),
    "box AP": lambda card: _percent(card.accuracy[0].box_ap),
    "mask or keypoint AP": lambda card: _percent(
        card.accuracy[0].mask_ap or card.accuracy[0].keypoint_ap
    ),
    "hash": lambda card: card.weights.digest.kind if card.weights.digest else "-",
    "license": lambda card: card.license.name,
    "weights": lambda card: "downloaded" if card.weights.url else "in the package",
}


def markdown_table(cards: Sequence[Card] | None = None) -> str:
    """Makes a Markdown table with one row for each card.

    A `*` marks the recommended cards, which the name of the data set means.

    Args:
        cards: The cards, by default all of them.

    Returns:
        The table. All lines have the same width.

    Example:
        >>> card = keras_nonlocal.pretrained.read_card("nl_i3d_small_weizmann")
        >>> print(keras_nonlocal.zoo.markdown_table([card]))
        | card                    | input | views | top-1 | top-5 | mean IoU | box AP | ...
    """
    cards = [read_card(name) for name in card_names()] if cards is None else cards
    rows = padded([list(COLUMNS), *([cell(card) for cell in COLUMNS.values()] for card in cards)])
    rows.insert(1, ["-" * len(cell) for cell in rows[0]])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write_table(path: PathLike) -> None:
    """Replaces the table of cards at the end of a Markdown file.

    Args:
        path: The file. Everything from the heading of the table on is replaced.

    Raises:
        ValueError: The file has no table of cards.
    """
    path = Path(path)
    text, heading, _ = path.read_text("utf-8").partition(HEADING)
    if not heading:
        raise ValueError(f"{path} has no table of cards: no line begins with {HEADING!r}.")
    path.write_text(f"{text}{markdown_table()}\n", "utf-8")


def _input(card: Card) -> str:
    """Returns frames x stride of clips; of images the sides that they fit into, or "any"."""
    if card.clip is not None:
        return f"{card.clip.num_frames}x{card.clip.frame_stride}"
    if card.detection is not None:
        return f"{card.detection.max_side}x{card.detection.short_side}"
    size = card.image.resize if card.image else None
    return f"{size[0]}x{size[1]}" if size else "any"


def _views(card: Card) -> str:
    """Returns clips x crops of videos; of images whether they are tested whole or in windows."""
    if card.clip is not None:
        return f"{card.clip.num_clips}x{card.clip.num_crops * (2 if card.clip.flip else 1)}"
    return "windows" if card.image and card.image.window else "whole"


def _percent(value: float | None) -> str:
    return "-" if value is None else str(value)
