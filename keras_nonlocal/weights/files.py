"""Weights files into a model: all of them, or an error that names the file."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import keras

from .card_files import fetch_weights
from .cards import Card, card_for
from .checkpoints import read_checkpoint
from .convert import convert
from .imagenet import IMAGENET, fetch_imagenet
from .own_files import load_own


@dataclass(frozen=True)
class Found:
    """What a builder's `weights` argument means.

    Attributes:
        path: The file; `None` for fresh weights.
        card: Its card, where it has one.
        source: Whose names the weights have in it, a key of `SOURCES`; `None` for this package's.
    """

    path: Path | None = None
    card: Card | None = None
    source: str | None = None


def find_weights(weights: str | PathLike | None, builder: str) -> Found:
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
        return Found()
    if not isinstance(weights, str | PathLike):
        raise ValueError(f"`weights` must be a name or a path. Received: weights={weights!r}")
    if isinstance(weights, PathLike) or weights.endswith(".h5") or Path(weights).is_file():
        return Found(Path(weights))
    if weights == IMAGENET:
        return Found(fetch_imagenet(builder), source="torchvision")
    card = card_for(weights, builder)
    return Found(fetch_weights(card), card, card.weights.source)


def load_weights(model: keras.Model, path: str | PathLike, source: str | None = None) -> None:
    """Fill `model` from a `.weights.h5` file, or from a checkpoint of another code base.

    Args:
        model: The network that the file is of.
        path: The file.
        source: Whose names the weights have in it, a key of `SOURCES`; `None` for this package's.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no weights file, or does not fit the model.
    """
    path = Path(path)
    if source is not None:
        convert(read_checkpoint(path), model, source)
        return
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no weights file {path}. Expected the path of a .weights.h5 file."
        )
    if not path.name.endswith(".weights.h5"):
        raise ValueError(
            f"A weights file ends in .weights.h5. Received: {path}. "
            "For checkpoints of other code bases see `keras_nonlocal.zoo.convert`."
        )
    try:
        load_own(model, path)
    except (ValueError, KeyError, OSError, RuntimeError) as error:  # what h5py has for damage
        raise ValueError(f"{path} does not fit the model {model.name!r}: {error}") from error
