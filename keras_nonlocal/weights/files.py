"""Keras weights files into a model: all of them, or an error that names the file."""

from __future__ import annotations

import hashlib
from os import PathLike
from pathlib import Path

import keras

from .cards import Card, card_for


def find_weights(weights: str | PathLike | None, builder: str) -> tuple[Path | None, Card | None]:
    """What a builder's `weights` argument means: a file, and its card where it has one.

    Args:
        weights: `None`, the path of a `.weights.h5` file, a card's name or its data set.
        builder: Name of the builder.

    Raises:
        FileNotFoundError, ValueError: No such file or card, or not the card's file.
    """
    if weights is None:
        return None, None
    if str(weights).endswith(".h5") or isinstance(weights, PathLike):
        return Path(weights), None
    card = card_for(str(weights), builder)
    return check_file(card), card


def load_weights(model: keras.Model, path: str | PathLike) -> None:
    """Fill `model` from a `.weights.h5` file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no weights file, or does not fit the model.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no weights file {path}.")
    if not path.name.endswith(".weights.h5"):
        raise ValueError(f"A weights file ends in .weights.h5. Received: {path}")
    try:
        model.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{path} does not fit the model {model.name!r}: {error}") from error


def check_file(card: Card) -> Path:
    """The path of a card's weights file, after its sha256 was compared.

    Raises:
        FileNotFoundError: The file is not there.
        ValueError: The file is not the one of the card.
    """
    if card.weights.url is not None:
        raise FileNotFoundError(
            f"The weights of {card.name!r} are not fetched yet: they do not come with the "
            f"package, and are published at {card.weights.url}"
        )
    if not card.path.is_file():
        raise FileNotFoundError(f"The weights of {card.name!r} should be at {card.path}.")
    found = hashlib.sha256(card.path.read_bytes()).hexdigest()
    expected = card.weights.digest.value if card.weights.digest else None
    if found != expected:
        raise ValueError(
            f"{card.path} is not the file of the card {card.name!r}: expected sha256 "
            f"{expected}, found {found}. Install the package again."
        )
    return card.path
