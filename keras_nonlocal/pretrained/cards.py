"""Model cards: what published weights are, where they are, and how accurate they are.

A card is `zoo/<builder>_<dataset>_<origin>/card.json`. It holds data only, as they were published:
a value that the source of the weights does not state is `null`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from ..download.digests import Digest
from ..images.detection_image import DetectionImage
from ..images.image_spec import ImageSpec
from ..utils.entries import card_names as card_names
from ..utils.entries import class_list, entries_root
from ..utils.schema import parse, parse_json
from ..video.clip_spec import ClipSpec

# The fields that say how something becomes an input of a network, with the task of the network.
TASKS_OF_INPUTS = {
    "clip": "video_classification",
    "image": "segmentation",
    "detection": "detection",
}


@dataclass(frozen=True)
class WeightsFile:
    """The weights file of a card.

    Attributes:
        name: The name of the file.
        url: Its address; `None` for a file that comes with the package.
        format: Its format, named after the framework.
        source: The code base that the names of the weights come from, a key of
            `keras_nonlocal.weights.SOURCES`; `None` for this package.
        bytes: Its size, where it is published.
        digest: Its digest, where it is published.
        mirrors: Other addresses of the same file.
    """

    name: str
    url: str | None
    format: Literal["keras", "caffe2", "torch"]
    source: str | None
    bytes: int | None
    digest: Digest | None
    mirrors: tuple[str, ...] = ()

    def __post_init__(self):
        if self.url is None and (self.digest is None or self.digest.kind != "sha256"):
            raise ValueError("a file without `url` comes with the package and needs its sha256")


@dataclass(frozen=True)
class License:
    """The license of the weights.

    Attributes:
        name: Its SPDX name, or plain words.
        restricted: Whether it excludes some uses, so that users have to accept it first.
        note: What users should know about it.
    """

    name: str
    restricted: bool
    note: str


@dataclass(frozen=True)
class Accuracy:
    """A measured accuracy in percent, with the protocol of the measurement and its source.

    Videos have a top-1 and a top-5 accuracy, segmented images a mean IoU, and detected objects
    COCO's average precision of boxes, masks and keypoints.
    """

    protocol: str
    source: str
    top1: float | None = None
    top5: float | None = None
    mean_iou: float | None = None
    box_ap: float | None = None
    mask_ap: float | None = None
    keypoint_ap: float | None = None


@dataclass(frozen=True)
class Card:
    """The card of a set of trained weights.

    Attributes:
        name: The name of the card and of its folder.
        builder: The name of the builder in `keras_nonlocal.models`.
        arguments: The builder's arguments by name.
        dataset: The data set that the network was trained on.
        summary: A description in one line.
        clip: How a video becomes an input, with size, mean and standard deviation; `None` for
            networks of images.
        image: How an image becomes an input of a network for segmentation; `None` for others.
        detection: How an image becomes an input of a network for detection; `None` for others.
        classes: The names of the classes, in the order of the outputs.
        weights: The weights file.
        license: The license of the weights.
        accuracy: The published accuracies, beginning with the publisher's own.
        origin: Who trained the network and how, and where that is written.
        golden: Stored outputs for a generated clip, if the weights were available.
        recommended: Whether the name of the data set means this card. One card of each builder and
            data set is recommended.

    Raises:
        ValueError: There is not exactly one of `clip`, `image` and `detection`, or `clip` has no
            size, mean or standard deviation.

    Example:
        >>> card = keras_nonlocal.pretrained.read_card("nl_i3d_small_weizmann")
        >>> card.builder, card.clip.num_frames, len(card.classes)
        ('nl_i3d_small', 12, 10)
    """

    name: str
    builder: str
    arguments: Mapping[str, Any]
    dataset: str
    summary: str
    classes: tuple[str, ...]
    weights: WeightsFile
    license: License
    accuracy: tuple[Accuracy, ...]
    origin: str
    clip: ClipSpec | None = None
    image: ImageSpec | None = None
    detection: DetectionImage | None = None
    golden: Mapping[str, Any] | None = None
    recommended: bool = False

    def __post_init__(self):
        if sum(getattr(self, name) is not None for name in TASKS_OF_INPUTS) != 1:
            raise ValueError(
                f"a card must have exactly one of {', '.join(map('`{}`'.format, TASKS_OF_INPUTS))}"
            )
        if self.clip is None:
            return
        missing = [name for name in ("size", "mean", "std") if getattr(self.clip, name) is None]
        if missing:
            raise ValueError(
                f"`clip` of a card must state size and normalization.\n  missing: {missing}"
            )

    @property
    def task(self) -> str:
        """The name of the task that the network was trained for."""
        return next(
            task for name, task in TASKS_OF_INPUTS.items() if getattr(self, name) is not None
        )

    @property
    def path(self) -> Path:
        """The path of the weights file, if it comes with the package."""
        return entries_root() / self.name / self.weights.name


def read_card(name: str) -> Card:
    """Reads a model card by its name.

    Args:
        name: One of `keras_nonlocal.pretrained.card_names()`.

    Returns:
        The card.

    Raises:
        ValueError: There is no such card, or its fields are not the expected ones.

    Example:
        >>> card = keras_nonlocal.pretrained.read_card("nl_i3d_r50_kinetics400_official_32x2")
        >>> card.license.name
        'CC-BY-NC-4.0'
    """
    path = entries_root() / name / "card.json"
    if not path.is_file():
        names = card_names()
        similar = ", ".join(get_close_matches(name, names, n=5, cutoff=0.4))
        raise ValueError(
            f"There is no card {name!r}. {f'Similar names: {similar}. ' if similar else ''}"
            f"`keras-nonlocal zoo list` shows all {len(names)}."
        )
    where = f"The card {name!r}"
    data = parse_json(path.read_bytes(), where)
    if isinstance(data, dict):
        data = {"name": name, **data}
        if isinstance(data.get("classes"), str):
            data["classes"] = list(_class_list(data["classes"], where))
    card = parse(Card, data, where)
    if card.name != name:
        raise ValueError(f"{where} is in a folder of another name: it states {card.name!r}")
    return card


def _class_list(name: str, where: str) -> tuple[str, ...]:
    try:
        return class_list(name)
    except ValueError as error:
        raise ValueError(
            f"{where}, `classes` must be names or a list of the zoo: {error}"
        ) from None
