"""Model cards: what a set of trained weights is, where it is, and what it was measured to do.

A card is `zoo/<builder>_<dataset>_<origin>/card.json`. It holds data only, as published: what
the source of the weights does not state is `null`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ..download.digests import Digest
from ..utils.schema import parse, parse_json
from ..video.clip_spec import ClipSpec
from .entries import card_names, entries_root
from .imagenet import IMAGENET, has_imagenet


@dataclass(frozen=True)
class WeightsFile:
    """The file of a card.

    Attributes:
        name: Its file name.
        url: Where it is published; `None` for a file that comes with the package.
        format: How it is written: by Keras, Caffe2 or PyTorch.
        source: Whose names the weights have in it; `None` for this package's own.
        bytes: Its size, where it is published.
        digest: Its hash or the part of it that is published.
        mirrors: Further addresses of the same file.
    """

    name: str
    url: str | None
    format: Literal["keras", "caffe2", "torch"]
    source: Literal["caffe2", "slowfast", "mmaction2", "pytorchvideo", "gluoncv"] | None
    bytes: int | None
    digest: Digest | None
    mirrors: tuple[str, ...] = ()

    def __post_init__(self):
        if self.url is None and (self.digest is None or self.digest.kind != "sha256"):
            raise ValueError("a file without `url` comes with the package and needs its sha256")


@dataclass(frozen=True)
class License:
    """Under which terms the weights may be used.

    Attributes:
        name: Its SPDX name, or plain words.
        restricted: Whether its terms exclude some uses, so that a user has to agree first.
        note: What to know about it.
    """

    name: str
    restricted: bool
    note: str


@dataclass(frozen=True)
class Accuracy:
    """Measured accuracy in percent, how it was measured, and who says so."""

    top1: float | None
    top5: float | None
    protocol: str
    source: str


@dataclass(frozen=True)
class Card:
    """One set of trained weights.

    Attributes:
        name: Of the card and its folder.
        builder: Of `keras_nonlocal.models`.
        arguments: Of the builder, by name; `variant` says how the head averages, too.
        dataset: What the network was trained on.
        summary: One line.
        clip: How its input is made.
        classes: Names, in the order of the outputs.
        weights: The file.
        license: Its terms.
        accuracy: As published, the publisher's own figures first.
        origin: Who trained it, how, and where that is written.
        golden: Stored outputs of a generated clip, where the weights were at hand.
        recommended: Whether the data set's name means this card; one a builder and data set.
    """

    name: str
    builder: str
    arguments: Mapping[str, Any]
    dataset: str
    summary: str
    clip: ClipSpec
    classes: tuple[str, ...]
    weights: WeightsFile
    license: License
    accuracy: tuple[Accuracy, ...]
    origin: str
    golden: Mapping[str, Any] | None = None
    recommended: bool = False

    def __post_init__(self):
        missing = [name for name in ("size", "mean", "std") if getattr(self.clip, name) is None]
        if missing:
            raise ValueError(
                f"`clip` of a card must say size and normalization.\n  missing: {missing}"
            )

    @property
    def path(self) -> Path:
        """Where the weights file lies, if it comes with the package."""
        return entries_root() / self.name / self.weights.name


def read_card(name: str) -> Card:
    """The card of that name.

    Raises:
        ValueError: No such card, or a card whose fields are not the expected ones.

    Example:

    >>> keras_nonlocal.pretrained.read_card("nl_i3d_r50_kinetics400_official_32x2").license.name
    'CC-BY-NC-4.0'
    """
    names = card_names()
    if name not in names:
        near = get_close_matches(name, names, n=5, cutoff=0.4)
        raise ValueError(
            f"There is no card {name!r}. {'Near it: ' + ', '.join(near) + '. ' if near else ''}"
            f"`keras-nonlocal zoo list` shows all {len(names)}."
        )
    return _read(name)


def card_for(weights: str, builder: str) -> Card:
    """The card that `weights` means for a builder.

    Args:
        weights: A card's name, or a data set's for the recommended card.
        builder: Name of the builder.

    Raises:
        ValueError: Neither, or a card of another builder; the fitting names are listed.

    Example:

    >>> keras_nonlocal.pretrained.cards.card_for("kinetics400", "nl_i3d_r50").name
    'nl_i3d_r50_kinetics400_mmaction2_embedded_gaussian'
    """
    cards = map(_read, card_names())
    fitting = [card for card in cards if card.builder == builder]
    for card in fitting:
        if weights == card.name or (weights == card.dataset and card.recommended):
            return card
    names = [card.dataset for card in fitting if card.recommended]
    if has_imagenet(builder):
        names.append(IMAGENET)
    names += [card.name for card in fitting]
    choices = ", ".join(["None", "the path of a .weights.h5 file", *map(repr, names)])
    raise ValueError(f"`weights` of {builder} must be {choices}. Received: weights={weights!r}")


@cache
def _class_list(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text("utf-8").splitlines())


def _read(name: str) -> Card:
    where = f"The card {name!r}"
    data = parse_json((entries_root() / name / "card.json").read_text("utf-8"), where)
    if isinstance(data, dict):
        data = {"name": name, **data}
        data |= {key: _class_names(data[key], where) for key in ("classes",) if key in data}
    card = parse(Card, data, where)
    if card.name != name:
        raise ValueError(f"{where} lies in a folder of another name: it says {card.name!r}")
    return card


def _class_names(classes, where):
    """A list as it is; a name for the list of that name, which several cards share."""
    if not isinstance(classes, str):
        return classes
    path = entries_root() / "classes" / f"{classes}.txt"
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.txt"))
        raise ValueError(
            f"{where}, `classes` must be a list of names or one of the lists {known}. "
            f"Received: {classes!r}"
        )
    return list(_class_list(path))
