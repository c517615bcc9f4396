"""Converts a checkpoint of another code base to a folder with network, weights and model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import keras

from .. import models
from ..backbones.variants import VARIANTS
from ..checkpoints.read import read_checkpoint
from ..download.digests import Digest
from ..images.detection_image import DetectionImage
from ..images.image_spec import ImageSpec
from ..models.detection import DETECTION
from ..models.families import FAMILIES, Design
from ..models.segmentation import SEGMENTATION
from ..pretrained.cards import Card, License, WeightsFile, read_card
from ..regions.variants import REGION_VARIANTS
from ..utils.atomic_files import new_folder
from ..utils.checks import PathLike, one_of
from ..utils.entries import card_names
from ..utils.hashing import file_sha256
from ..utils.roles import LOGITS
from ..video.clip_spec import ClipSpec
from ..weights.conversion_report import ConversionReport
from ..weights.convert import convert as convert_arrays
from ..weights.convert import find_source
from ..weights.name_maps.readings import best_reading
from ..weights.name_maps.tables import SOURCES
from .golden import golden_of

WEIGHTS, MODEL, CARD = "model.weights.h5", "model.keras", "card.json"

# The mean and the standard deviation of each channel, by code base.
_GRAY = ((114.75,) * 3, (57.375,) * 3)
_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
NORMALIZATION = {
    "caffe2": _GRAY,
    "slowfast": _GRAY,
    "pytorchvideo": _GRAY,
    "mmaction2": _IMAGENET,
    "gluoncv": _IMAGENET,
    "torchvision": _IMAGENET,
    "mmsegmentation": _IMAGENET,
    "torchvision_detection": _IMAGENET,
    "mmdetection": _IMAGENET,
    "detectron2": (_IMAGENET[0], (1.0, 1.0, 1.0)),
}
_BGR = ("detectron2",)  # the order of the channels, if it is not red, green, blue


def convert_checkpoint(
    path: PathLike,
    builder: str,
    *,
    out: PathLike | None = None,
    source: str | None = None,
    **arguments,
) -> ConversionReport:
    """Converts a checkpoint of another code base: every tensor of it, or nothing.

    Args:
        path: A file that `keras_nonlocal.checkpoints.read_checkpoint` can read.
        builder: The name of the builder of the network.
        out: A new folder for `model.weights.h5`, `model.keras` and `card.json`. `None` writes
            nothing.
        source: The code base that the names of the weights come from, a key of
            `keras_nonlocal.weights.SOURCES`. By default, the names decide.
        **arguments: Arguments of the builder that describe how the code base builds the network,
            because no checkpoint holds this. Builders of videos need `variant`, and also take
            `blocks`, `inflation`, `instantiation` and `axes`. Builders for segmentation take
            `align_corners`; those for detection need `variant`, and also take `keypoints`. The
            number of classes is that of the checkpoint.

    Returns:
        What was done with every tensor. `print` shows it as a table.

    Raises:
        ValueError: The file cannot be read, or it does not fit the network. Nothing was written.
        FileNotFoundError: There is no such file.
        FileExistsError: `out` exists already.

    Example:
        report = keras_nonlocal.zoo.convert_checkpoint(
            "i3d_r50.pth", "i3d_r50", variant="mmaction2", out="i3d_r50_mine"
        )
    """
    one_of("builder", builder, [*FAMILIES, *SEGMENTATION, *DETECTION])
    known, variants = _arguments(builder)
    for name in arguments:
        one_of("arguments", name, known)
    if variants:
        one_of("variant", arguments.get("variant"), variants)
    if out is not None and Path(out).exists():
        raise FileExistsError(
            f"`out` must be a folder that does not exist yet. Received: out={out}"
        )
    checkpoint = read_checkpoint(path)
    source = find_source(checkpoint) if source is None else one_of("source", source, SOURCES)
    classes = _classes(checkpoint, source)
    model = getattr(models, builder)(classes=classes, **arguments)
    report = convert_arrays(checkpoint, model, source)
    if out is not None:
        _write(Path(out), model, _card(Path(path), builder, arguments, source, classes))
    return report


def _arguments(builder: str) -> tuple[list[str], Mapping[str, Any]]:
    """Returns the arguments that describe a network of a builder, and its variants."""
    if builder in FAMILIES:
        return [field.name for field in fields(Design)], VARIANTS
    if builder in DETECTION:
        return ["variant", "keypoints", "backbone_block"], REGION_VARIANTS
    return ["align_corners"], {}


def _classes(checkpoint, source) -> int | None:
    """Returns the number of classes of the checkpoint's classifier, without a background."""
    names = SOURCES[source]
    backgrounds = {f"{LOGITS}/bias": 0, "box_logits/bias": 1}
    for name, plain in best_reading(checkpoint, names.knows).names.items():
        if (target := names.target_name(plain)) in backgrounds:
            return len(checkpoint[name]) - backgrounds[target]
    return None


def _card(path: Path, builder, arguments, source, classes) -> Card:
    """Returns the published card of this file, or a new card with what is known of the file.

    The entries `weights` and `golden` are replaced when the converted files are written.
    """
    for card in map(read_card, card_names()):
        same_network = (builder, {**card.arguments, **arguments}) == (card.builder, card.arguments)
        if same_network and path.name == card.weights.name:
            return card
    mean, std = NORMALIZATION[source]
    given: dict[str, Any] = {"image": ImageSpec(mean, std)}
    if builder in FAMILIES:
        variant = VARIANTS[arguments["variant"]]
        size = (224, 224)
        clip = ClipSpec(variant.frames, variant.frame_stride, size=size, mean=mean, std=std)
        given = {"clip": clip}
    elif builder in DETECTION:
        order = "bgr" if source in _BGR else "rgb"
        given = {"detection": DetectionImage(mean=mean, std=std, channel_order=order)}
    return Card(
        name=path.stem,
        builder=builder,
        arguments=arguments,
        dataset="unknown",
        summary=f"Converted from {path.name}, a checkpoint with the names of {source}.",
        classes=tuple(map(str, range(classes or 0))),
        weights=_keras_file(path),
        license=License("unknown", False, "The license is that of the checkpoint."),
        accuracy=(),
        origin=f"{path.name}, sha256 {file_sha256(path)}.",
        **given,
    )


def _write(out: Path, model: keras.Model, card: Card) -> None:
    """Writes all three files, or none of them."""
    with new_folder(out) as partial:
        model.save_weights(partial / WEIGHTS)
        model.save(partial / MODEL)
        card = replace(
            card,
            name=out.name,
            weights=_keras_file(partial / WEIGHTS),
            golden=None if card.detection else golden_of(model, card),
        )
        (partial / CARD).write_text(json.dumps(asdict(card), indent=2) + "\n", "utf-8")


def _keras_file(path: Path) -> WeightsFile:
    digest = Digest("sha256", file_sha256(path))
    return WeightsFile(path.name, None, "keras", None, path.stat().st_size, digest)
