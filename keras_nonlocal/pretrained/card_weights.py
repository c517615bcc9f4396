"""The weights of cards onto this machine."""

from __future__ import annotations

from pathlib import Path

from ..download.cache import path_in_cache
from ..download.fetching import fetch
from ..download.published_file import PublishedFile
from ..utils.checks import PathLike
from ..utils.hashing import file_sha256
from .cards import Card, read_card


def cached_path(card: Card, cache: PathLike | None = None) -> Path:
    """Where the weights of a card lie on this machine, or would lie.

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
    """The weights of a card on this machine: fetched, unless they lie here already.

    Args:
        card: A card, or its name.
        accept_license: The name of its license, to agree to one that restricts use. Asked for
            once: what was fetched is there.
        cache: The folder to keep it in, `cache_root()` by default.
        progress: Whether to show how far it is, on a terminal.

    Returns:
        The path of the file, as published.

    Raises:
        FileNotFoundError: A file that comes with the package is not there.
        PermissionError: The license restricts use, and was not agreed to.
        FetchError: The file could not be fetched; the error says how to put it there by hand.
        ValueError: There is no such card, or the file that lies there is not the one of the card.

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
            f"{card.license.note} If you agree, fetch them once with\n"
            f"  keras-nonlocal zoo fetch {card.name} --accept-license {card.license.name}\n"
            f"or keras_nonlocal.pretrained.fetch_weights({card.name!r}, "
            f"accept_license={card.license.name!r})"
        )
    file = card.weights
    source = PublishedFile(file.name, (str(file.url), *file.mirrors), file.digest)
    return fetch(source, cache=cache, progress=progress)


def _checked(card: Card) -> Path:
    """The file that comes with the package, after its sha256 was compared."""
    if not card.path.is_file():
        raise FileNotFoundError(f"The weights of {card.name!r} should be at {card.path}.")
    found = file_sha256(card.path)
    expected = card.weights.digest.value if card.weights.digest else None
    if found != expected:
        raise ValueError(
            f"{card.path} is not the file of the card {card.name!r}: expected sha256 "
            f"{expected}, found {found}. Install the package again."
        )
    return card.path
