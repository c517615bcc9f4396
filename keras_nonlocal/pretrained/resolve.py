"""What the `weights` argument of a builder means."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..download.fetching import fetch
from ..utils.checks import PathLike
from .card_weights import fetch_weights
from .cards import Card, card_for
from .imagenet import IMAGENET, imagenet_file


@dataclass(frozen=True)
class ResolvedWeights:
    """What a builder's `weights` argument means.

    Attributes:
        path: The file; `None` for fresh weights.
        card: Its card, where it has one.
        source: Whose names the weights have in it, a key of `SOURCES`; `None` for this package's.
    """

    path: Path | None = None
    card: Card | None = None
    source: str | None = None


def find_weights(weights: PathLike | None, builder: str) -> ResolvedWeights:
    """What a builder's `weights` argument means; a published file is fetched if need be.

    Args:
        weights: `None`, the path of a `.weights.h5` file, a card's name or its data set, or
            `"imagenet"`.
        builder: Name of the builder.

    Raises:
        FileNotFoundError, ValueError: No such file or card, or not the card's file.
        FetchError: The file could not be fetched.
    """
    if weights is None:
        return ResolvedWeights()
    if not isinstance(weights, str | os.PathLike):
        raise ValueError(f"`weights` must be a name or a path. Received: weights={weights!r}")
    if isinstance(weights, os.PathLike) or weights.endswith(".h5") or Path(weights).is_file():
        return ResolvedWeights(Path(weights))
    if weights == IMAGENET:
        return ResolvedWeights(fetch(imagenet_file(builder)), source="torchvision")
    card = card_for(weights, builder)
    return ResolvedWeights(fetch_weights(card), card, card.weights.source)
