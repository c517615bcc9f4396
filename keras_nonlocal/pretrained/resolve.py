"""Resolves the `weights` argument of a builder: a file, a card, a data set or `"imagenet"`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..download.digests import Digest
from ..download.fetching import fetch
from ..download.published_file import PublishedFile
from ..utils.checks import PathLike
from ..utils.entries import card_names
from .card_weights import fetch_weights
from .cards import Card, read_card

IMAGENET = "imagenet"

# The ImageNet weights to start training from, by the depth of the network, with their source.
# Video networks are inflated from torchvision's ResNets, which have the stride on the 3x3
# convolutions, too (BSD-3-Clause). Segmentation networks have the deep stem of MMSegmentation's
# ResNet-V1c (Apache-2.0).
_TORCHVISION = "https://download.pytorch.org/models"
_OPENMMLAB = "https://download.openmmlab.com/pretrain/third_party"


def _file(host: str, name: str) -> PublishedFile:
    digest = name.rsplit("-", 1)[1].removesuffix(".pth")
    return PublishedFile(name, (f"{host}/{name}",), Digest("sha256_prefix", digest))


RESNETS = {
    ("video_classification", "r50"): _file(_TORCHVISION, "resnet50-0676ba61.pth"),
    ("video_classification", "r101"): _file(_TORCHVISION, "resnet101-63fe2227.pth"),
    ("detection", "r50"): _file(_TORCHVISION, "resnet50-0676ba61.pth"),
    ("detection", "r101"): _file(_TORCHVISION, "resnet101-63fe2227.pth"),
    ("segmentation", "r50"): _file(_OPENMMLAB, "resnet50_v1c-2cccc1ad.pth"),
    ("segmentation", "r101"): _file(_OPENMMLAB, "resnet101_v1c-e67eebb6.pth"),
}
IMAGENET_SOURCES = {
    "video_classification": "torchvision",
    "detection": "torchvision",
    "segmentation": "mmsegmentation_v1c",
}


@dataclass(frozen=True)
class ResolvedWeights:
    """The meaning of a builder's argument `weights`.

    Attributes:
        file: Returns the path of the file, and downloads it if it is not here; `None` for random
            weights.
        card: Its card, if it has one.
        source: The code base that the names of the weights come from, a key of `SOURCES`; `None`
            for this package.
    """

    file: Callable[[], Path] | None = None
    card: Card | None = None
    source: str | None = None

    @cached_property
    def path(self) -> Path | None:
        """The path of the file; `None` for random weights. A builder asks for it last."""
        return None if self.file is None else self.file()


def find_weights(weights: PathLike | None, builder: str) -> ResolvedWeights:
    """Finds the weights of a builder. A published file is not downloaded before it is asked for.

    Args:
        weights: `None`, the path of a `.weights.h5` file, the name of a card or of its data set, or
            `"imagenet"`.
        builder: The name of the builder.

    Raises:
        ValueError: There is no such card.
    """
    if weights is None:
        return ResolvedWeights()
    if not isinstance(weights, str | os.PathLike):
        raise ValueError(f"`weights` must be a name or a path. Received: weights={weights!r}")
    if isinstance(weights, os.PathLike) or weights.endswith(".h5") or Path(weights).is_file():
        return ResolvedWeights(lambda: Path(weights))
    if weights == IMAGENET:
        source = IMAGENET_SOURCES[_network(builder)[0]]
        file = _imagenet_file(builder)
        return ResolvedWeights(lambda: fetch(file), source=source)
    card = card_for(weights, builder)
    return ResolvedWeights(lambda: fetch_weights(card), card, card.weights.source)


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
    every = [read_card(name) for name in card_names()]
    cards = [card for card in every if card.builder == builder]
    if not cards and _network(builder)[0] == "detection":  # the blocks are added to them
        cards = [card for card in every if card.builder == builder.removeprefix("nl_")]
    for card in cards:
        if weights == card.name or (weights == card.dataset and card.recommended):
            return card
    names = [card.dataset for card in cards if card.recommended]
    if _network(builder) in RESNETS:
        names.append(IMAGENET)
    names += [card.name for card in cards]
    choices = ", ".join(["None", "the path of a .weights.h5 file", *map(repr, names)])
    raise ValueError(f"`weights` of {builder} must be {choices}. Received: weights={weights!r}")


def _imagenet_file(builder: str) -> PublishedFile:
    """Returns the image network from which the residual blocks of a builder come."""
    if _network(builder) not in RESNETS:
        raise ValueError(
            "There are ImageNet weights for builders of 50 and 101 layers. "
            f"Received: weights={IMAGENET!r} for {builder}"
        )
    return RESNETS[_network(builder)]


def _network(builder: str) -> tuple[str, str]:
    """Returns the task of a builder and its depth, as in `("segmentation", "r50")`."""
    family, _, depth = builder.removesuffix("_fpn").rpartition("_")
    if family.endswith("rcnn"):
        return "detection", depth
    return ("segmentation" if family.endswith("fcn") else "video_classification"), depth
