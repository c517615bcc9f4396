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

from ..schema import parse, parse_json
from .fetching import Digest
from .imagenet import IMAGENET, has_imagenet

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Clip:
    """How a video becomes an input: sampling, size and normalisation `(pixel - mean) / std`.

    Attributes:
        frames: Number of frames.
        stride: Their distance in the video, in frames.
        size: Height and width of the crop, in pixels; the short side is scaled to fit it.
        mean, std: One value per channel, in the order RGB, for pixels from 0 to 255.
        clips: How many clips of a video are averaged.
        sampling: By whose rule they are chosen, see `keras_nonlocal.data.SCHEMES`.
        crops: How many crops of each clip, spread along the longer side; one is the centre.
        flip: Whether their mirror images are averaged too.
        motion_only: Whether clips are reduced to what moves, see `keras_nonlocal.data.prepare`.
        follow: Height and width of a crop that moves along with what moves.
    """

    frames: int
    stride: int
    size: tuple[int, int]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    clips: int
    sampling: str = "spread"
    crops: int = 1
    flip: bool = False
    motion_only: bool = False
    follow: tuple[int, int] | None = None

    @property
    def preparation(self) -> dict[str, Any]:
        """The arguments of `keras_nonlocal.data.prepare`."""
        return {name: getattr(self, name) for name in ("mean", "std", "motion_only", "follow")}


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
class Licence:
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
        licence: Its terms.
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
    clip: Clip
    classes: tuple[str, ...]
    weights: WeightsFile
    licence: Licence
    accuracy: tuple[Accuracy, ...]
    origin: str
    golden: Mapping[str, Any] | None = None
    recommended: bool = False

    @property
    def path(self) -> Path:
        """Where the weights file lies, if it comes with the package."""
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

    Example:

    >>> keras_nonlocal.weights.read_card("nl_i3d_r50_kinetics400_official_32x2").licence.name
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

    >>> keras_nonlocal.weights.card_for("kinetics400", "nl_i3d_r50").name
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
