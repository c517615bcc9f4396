"""Model cards: what a set of trained weights is, where it is, and what it was measured to do.

A card is `zoo/<name>/card.json`. It holds data only: the builder and its arguments, how clips
are prepared, the class names, the weights file, the licence, the measured accuracy, the origin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Clip:
    """How a video becomes an input: sampling, size and normalisation `(pixel - mean) / std`.

    Attributes:
        frames: Number of frames.
        stride: Their distance in the video, in frames.
        size: Height and width of the crop, in pixels; the short side is scaled to fit it.
        mean, std: One value per RGB channel, for pixels from 0 to 255.
        clips: How many clips of a video are averaged.
        flip: Whether their mirror images are averaged too.
        motion_only: Whether clips are reduced to what moves, see `keras_nonlocal.data.prepare`.
    """

    frames: int
    stride: int
    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    clips: int
    flip: bool = False
    motion_only: bool = False


@dataclass(frozen=True)
class WeightsFile:
    """The file of a card: its name, `url` if it is fetched, size in bytes and sha256."""

    name: str
    url: str | None
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Card:
    """One set of trained weights. See the module's docstring."""

    name: str
    builder: str
    dataset: str
    summary: str
    arguments: Mapping[str, Any]
    clip: Clip
    classes: tuple[str, ...]
    weights: WeightsFile
    licence: str
    origin: str
    accuracy: tuple[Mapping[str, Any], ...]
    golden: Mapping[str, Any] | None = None

    @property
    def path(self) -> Path:
        """Where the weights file lies."""
        return entries_root() / self.name / self.weights.name


def entries_root() -> Path:
    """`keras_nonlocal/zoo/entries` when installed, `zoo/` in a checkout."""
    installed = _PACKAGE / "zoo" / "entries"
    return installed if installed.is_dir() else _PACKAGE.parent / "zoo"


def card_names() -> list[str]:
    """The names of all cards, sorted."""
    return sorted(path.parent.name for path in entries_root().glob("*/card.json"))


def read_card(name: str) -> Card:
    """The card of that name.

    Raises:
        ValueError: No such card, or a card whose fields are not the expected ones.
    """
    if name not in card_names():
        raise ValueError(f"There is no card {name!r}. The cards are: {', '.join(card_names())}")
    return _parse(name, (entries_root() / name / "card.json").read_text("utf-8"))


def card_for(weights: str, builder: str) -> Card:
    """The card that `weights` means for a builder: by its name, or by its data set."""
    cards = [read_card(name) for name in card_names()]
    fitting = [card for card in cards if card.builder == builder]
    for card in fitting:
        if weights in (card.name, card.dataset):
            return card
    names = [f"{card.name!r} or {card.dataset!r}" for card in fitting]
    raise ValueError(
        f"`weights` of {builder} must be None, the path of a .weights.h5 file"
        f"{''.join(f', {name}' for name in names)}. Received: weights={weights!r}"
    )


def _parse(name: str, text: str) -> Card:
    try:
        data = json.loads(text)
        data["clip"] = Clip(**{key: _frozen(value) for key, value in data["clip"].items()})
        data["weights"] = WeightsFile(**data["weights"])
        return Card(name=name, **{key: _frozen(value) for key, value in data.items()})
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        expected = ", ".join(field.name for field in fields(Card))
        raise ValueError(
            f"The card {name!r} does not hold the expected fields ({expected}): {error}"
        ) from error


def _frozen(value):
    return tuple(value) if isinstance(value, list) else value
