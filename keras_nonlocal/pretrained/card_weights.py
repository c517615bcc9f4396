"""Brings the weights of a model card to this machine."""

from __future__ import annotations

from pathlib import Path

from ..download.cache import path_in_cache
from ..download.fetching import fetch
from ..download.published_file import PublishedFile
from ..utils.checks import PathLike
from ..utils.hashing import file_sha256
from .cards import Card, read_card


def cached_path(card: Card, cache: PathLike | None = None) -> Path:
    """Returns the path of a card's weights on this machine, whether or not they are there.

    Args:
        card: The card.
        cache: The folder for downloaded files, `cache_root()` by default.

    Returns:
        The path in that folder, or in the package if the weights come with it.

    Example:
        >>> card = keras_nonlocal.pretrained.read_card("nl_i3d_r50_kinetics400_gluoncv_nl5")
        >>> keras_nonlocal.pretrained.cached_path(card, cache="models").name
        'i3d_nl5_resnet50_v1_kinetics400-9df1e103.pth'
    """
    if card.weights.url is None:
        return card.path
    return path_in_cache(card.weights.name, cache)


def fetch_weights(
    card: Card | str,
    *,
    accept_license: str | None = None,
    cache: PathLike | None = None,
    progress: bool = True,
) -> Path:
    """Downloads the weights of a card, unless they are on this machine already.

    Args:
        card: A card, or its name.
        accept_license: The name of the card's license, to accept a license that restricts use. It
            is needed only once: after the download, the file is used without asking again.
        cache: The folder for downloaded files, `cache_root()` by default.
        progress: Whether to show a progress bar on a terminal.

    Returns:
        The path of the file, which is as published.

    Raises:
        FileNotFoundError: The file should come with the package, and is missing.
        PermissionError: The license restricts use, and was not accepted.
        FetchError: The download failed. The error says how to copy the file there by hand.
        ValueError: There is no such card, or the file there is not the file of the card.

    Example:
        >>> keras_nonlocal.pretrained.fetch_weights("nl_i3d_small_weizmann").name
        'model.weights.h5'
    """
    card = read_card(card) if isinstance(card, str) else card
    if card.weights.url is None:
        return _checked(card)
    path = cached_path(card, cache)
    if card.license.restricted and accept_license != card.license.name and not path.exists():
        raise PermissionError(
            f"The weights of {card.name!r} are published under {card.license.name}. "
            f"{card.license.note} If you accept this, download them once with\n"
            f"  keras-nonlocal zoo fetch {card.name} --accept-license {card.license.name}\n"
            f"or keras_nonlocal.pretrained.fetch_weights({card.name!r}, "
            f"accept_license={card.license.name!r})"
        )
    file = card.weights
    source = PublishedFile(file.name, (str(file.url), *file.mirrors), file.digest)
    return fetch(source, cache=cache, progress=progress)


def _checked(card: Card) -> Path:
    """Returns the file that comes with the package, after comparing its sha256."""
    if not card.path.is_file():
        raise FileNotFoundError(
            f"The weights of {card.name!r} should be at {card.path}. Install the package again."
        )
    found = file_sha256(card.path)
    expected = card.weights.digest.value if card.weights.digest else None
    if found != expected:
        raise ValueError(
            f"{card.path} is not the file of the card {card.name!r}. Expected: sha256 {expected}. "
            f"Received: sha256 {found}. Install the package again."
        )
    return card.path
