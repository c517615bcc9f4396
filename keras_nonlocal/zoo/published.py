"""Published weights: fetched by a card's name, or converted from a file into a new folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path

import keras
import numpy as np

from .. import models
from ..backbones import VARIANTS
from ..models.families import FAMILIES
from ..validation import one_of
from ..weights import (
    SOURCES,
    Card,
    Clip,
    Digest,
    Licence,
    Report,
    WeightsFile,
    card_names,
    fetch_weights,
    find_source,
    read_card,
    read_checkpoint,
)
from ..weights import convert as convert_arrays
from .golden import golden_of

WEIGHTS, MODEL, CARD = "model.weights.h5", "model.keras", "card.json"

# Mean and standard deviation of each channel, by the code base that a checkpoint comes from.
_GREY = ((114.75,) * 3, (57.375,) * 3)
_IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
NORMALISATION = {
    "caffe2": _GREY,
    "slowfast": _GREY,
    "pytorchvideo": _GREY,
    "mmaction2": _IMAGENET,
    "gluoncv": _IMAGENET,
    "torchvision": _IMAGENET,
}


def fetch(
    name: str, *, accept_licence: str | None = None, cache: str | PathLike | None = None
) -> Path:
    """Fetches the weights of a card, unless they lie on this machine already.

    Args:
        name: Of the card.
        accept_licence: The name of its licence, to agree to one that restricts use.
        cache: The folder to keep them in, `keras_nonlocal.weights.cache_root()` by default.

    Returns:
        The path of the file, as published.

    Raises:
        ValueError: There is no such card, or a file that lies there is not the one of the card.
        PermissionError: The licence restricts use, and was not agreed to.
        keras_nonlocal.weights.FetchError: The file could not be fetched.

    Example:

    >>> keras_nonlocal.zoo.fetch("nl_i3d_small_weizmann").name
    'model.weights.h5'
    """
    card = read_card(name)
    if card.weights.url is None:
        return card.path
    return fetch_weights(card, accept_licence=accept_licence, cache=cache)


def convert(
    path: str | PathLike,
    builder: str,
    *,
    out: str | PathLike | None = None,
    source: str | None = None,
    **arguments,
) -> Report:
    """Converts a checkpoint of another code base, all of it or nothing.

    Args:
        path: A file that `keras_nonlocal.weights.read_checkpoint` reads.
        builder: Name of the builder whose network it is of.
        out: A folder to make, with `model.weights.h5`, `model.keras` and `card.json`.
        source: Whose names the weights have, a key of `keras_nonlocal.weights.SOURCES`; by
            default it is found by the names.
        **arguments: Of the builder. `variant` says how the code base builds the network, and
            no checkpoint tells it, so it has to be given.

    Returns:
        What was done with every tensor; `print` it.

    Raises:
        ValueError: The file cannot be read or does not fit the network; nothing was written.
        FileExistsError: `out` is there already.

    Example:
        report = keras_nonlocal.zoo.convert(
            "i3d_r50.pth", "i3d_r50", variant="mmaction2", out="i3d_r50_mine"
        )
    """
    one_of("builder", builder, FAMILIES)
    one_of("variant", arguments.get("variant"), VARIANTS)
    if out is not None and Path(out).exists():
        raise FileExistsError(f"`out` must be a folder that is not there yet. Received: {out}")
    checkpoint = read_checkpoint(path)
    source = find_source(checkpoint) if source is None else one_of("source", source, SOURCES)
    model = getattr(models, builder)(classes=_classes(checkpoint, source), **arguments)
    report = convert_arrays(checkpoint, model, source)
    if out is not None:
        _write(Path(out), model, _card(Path(path), builder, arguments, source, model))
    return report


def _classes(checkpoint, source) -> int | None:
    """As many as the classifier of the checkpoint tells apart."""
    for name, array in checkpoint.items():
        if SOURCES[source].name_here(name) == "logits/bias":
            return len(array)
    return None


def _card(path: Path, builder, arguments, source, model) -> Card:
    """The published card whose file this is; else what can be known of the file itself."""
    for card in map(read_card, card_names()):
        if card.weights.name == path.name and (card.builder, dict(card.arguments)) == (
            builder,
            {**card.arguments, **arguments},
        ):
            return card
    variant = VARIANTS[arguments["variant"]]
    mean, std = NORMALISATION[source]
    clip = Clip(variant.frames, variant.frame_stride, (224, 224), mean, std, clips=1)
    file = WeightsFile(WEIGHTS, None, "keras", None, 0, Digest("sha256", "0" * 64))
    return Card(
        name=f"{builder}_{path.stem}",
        builder=builder,
        arguments=arguments,
        dataset="unknown",
        summary=f"Converted from {path.name}, a checkpoint with the names of {source}.",
        clip=clip,
        classes=tuple(map(str, range(model.output_shape[-1]))),
        weights=file,
        licence=Licence("unknown", False, "That of the checkpoint."),
        accuracy=(),
        origin=f"{path.name}, sha256 {_sha256(path)}.",
    )


def _write(out: Path, model: keras.Model, card: Card) -> None:
    """All three files under their names at once, or none of them."""
    partial = out.with_name(f".{os.getpid()}.{out.name}")
    partial.mkdir(parents=True)
    try:
        model.save_weights(partial / WEIGHTS)
        model.save(partial / MODEL)
        size, digest = (partial / WEIGHTS).stat().st_size, _sha256(partial / WEIGHTS)
        file = WeightsFile(WEIGHTS, None, "keras", None, size, Digest("sha256", digest))
        card = replace(card, name=out.name, weights=file, golden=golden_of(model, card.clip))
        content = json.dumps(asdict(card), indent=2, default=np.ndarray.tolist)
        (partial / CARD).write_text(content + "\n", "utf-8")
        os.replace(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
