"""Resolves the `weights` argument of a builder: a file, a card, a data set or `"imagenet"`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..download.digests import Digest
from ..download.fetching import fetch
from ..download.published_file import PublishedFile
from ..utils.checks import PathLike
from .card_weights import fetch_weights
from .cards import Card, read_card
from .entries import card_names

IMAGENET = "imagenet"

# torchvision's ResNets have the stride on the 3x3 convolutions, as here. License: BSD-3-Clause.
_HOST = "https://download.pytorch.org/models"
RESNETS = {
    depth: PublishedFile(name, (f"{_HOST}/{name}",), Digest("sha256_prefix", digest))
    for depth, name, digest in (
        ("r50", "resnet50-0676ba61.pth", "0676ba61"),
        ("r101", "resnet101-63fe2227.pth", "63fe2227"),
    )
}


@dataclass(frozen=True)
class ResolvedWeights:
    """The meaning of a builder's argument `weights`.

    Attributes:
        path: The file; `None` for random weights.
        card: Its card, if it has one.
        source: The code base that the names of the weights come from, a key of `SOURCES`; `None`
            for this package.
    """

    path: Path | None = None
    card: Card | None = None
    source: str | None = None


def find_weights(weights: PathLike | None, builder: str) -> ResolvedWeights:
    """Finds the weights of a builder, and downloads a published file if it is not here.

    Args:
        weights: `None`, the path of a `.weights.h5` file, the name of a card or of its data set, or
            `"imagenet"`.
        builder: The name of the builder.

    Raises:
        FileNotFoundError, ValueError: There is no such file or card, or the file is another one.
        FetchError: The download failed.
    """
    if weights is None:
        return ResolvedWeights()
    if not isinstance(weights, str | os.PathLike):
        raise ValueError(f"`weights` must be a name or a path. Received: weights={weights!r}")
    if isinstance(weights, os.PathLike) or weights.endswith(".h5") or Path(weights).is_file():
        return ResolvedWeights(Path(weights))
    if weights == IMAGENET:
        return ResolvedWeights(fetch(_imagenet_file(builder)), source="torchvision")
    card = card_for(weights, builder)
    return ResolvedWeights(fetch_weights(card), card, card.weights.source)


def card_for(weights: str, builder: str) -> Card:
    """Finds the card that `weights` means for a builder.

    Args:
        weights: The name of a card, or that of a data set for the recommended card.
        builder: The name of the builder.

    Raises:
        ValueError: It is neither, or a card of another builder. The error lists the fitting names.

    Example:
        >>> card_for("kinetics400", "nl_i3d_r50").name
        'nl_i3d_r50_kinetics400_mmaction2_embedded_gaussian'
    """
    cards = [card for card in map(read_card, card_names()) if card.builder == builder]
    for card in cards:
        if weights == card.name or (weights == card.dataset and card.recommended):
            return card
    names = [card.dataset for card in cards if card.recommended]
    if _depth(builder) in RESNETS:
        names.append(IMAGENET)
    names += [card.name for card in cards]
    choices = ", ".join(["None", "the path of a .weights.h5 file", *map(repr, names)])
    raise ValueError(f"`weights` of {builder} must be {choices}. Received: weights={weights!r}")


def _imagenet_file(builder: str) -> PublishedFile:
    """Returns the image network from which the residual blocks of a builder are inflated."""
    if _depth(builder) not in RESNETS:
        raise ValueError(
            f"There are ImageNet weights for builders of the depths {', '.join(RESNETS)}. "
            f"Received: weights={IMAGENET!r} for {builder}"
        )
    return RESNETS[_depth(builder)]


def _depth(builder: str) -> str:
    return builder.rsplit("_", 1)[-1]
