"""The folder for downloaded files, and the pins by which its files are verified.

The publisher's digest may be short or missing. So the sha256 and the address of the first download
are written into a pin beside the file, and every later use or download is compared with it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import pooch

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.hashing import digests
from ..utils.schema import parse, parse_json
from .published_file import PublishedFile

VARIABLE = "KERAS_NONLOCAL_CACHE"


def cache_root() -> Path:
    """Returns the folder for downloaded files.

    The environment variable `KERAS_NONLOCAL_CACHE` sets it. Without the variable it is the
    system's folder for such files, which is `~/.cache/keras_nonlocal` on Linux.

    Returns:
        The folder, which may not exist yet.

    Example:
        >>> import os
        >>> os.environ["KERAS_NONLOCAL_CACHE"] = "models"
        >>> keras_nonlocal.download.cache_root().name
        'models'
        >>> del os.environ["KERAS_NONLOCAL_CACHE"]
    """
    return Path(os.environ.get(VARIABLE) or pooch.os_cache("keras_nonlocal")).expanduser()


def path_in_cache(name: str, cache: PathLike | None = None) -> Path:
    """Returns the path of a file in the folder `cache`, which is `cache_root()` by default."""
    return (cache_root() if cache is None else Path(cache).expanduser()).absolute() / name


@dataclass(frozen=True)
class Pin:
    """The digest and address of the first download. A file copied by hand has no address."""

    sha256: str
    url: str | None


def pin_path(file: Path) -> Path:
    """Returns the path of the pin of a file."""
    return file.with_name(f"{file.name}.pin.json")


def read_pin(file: Path) -> Pin | None:
    """Reads the pin of a file, or returns `None` if there is none.

    Raises:
        ValueError: The pin is damaged.
    """
    path = pin_path(file)
    if not path.exists():
        return None
    try:
        return parse(Pin, parse_json(path.read_bytes(), str(path)), str(path))
    except ValueError as error:
        raise ValueError(f"{error}\nDelete {path} if you trust {file.name}, else both.") from error


def write_pin(file: Path, pin: Pin) -> None:
    """Writes the pin of a file."""
    with replacing(pin_path(file), durable=True) as partial:
        partial.write_text(json.dumps(asdict(pin), indent=2) + "\n", "utf-8")


def check_file(path: Path, source: PublishedFile, pin: Pin | None) -> str:
    """Compares a file with the published digest and the pin.

    Returns:
        The sha256 of the file.

    Raises:
        ValueError: It is a different file.
    """
    digest = source.digest
    with path.open("rb") as file:
        found = digests(file, {"sha256", digest.algorithm} if digest else {"sha256"})
    if digest and not digest.fits(found[digest.algorithm]):
        raise ValueError(
            f"Its {digest.algorithm} is {found[digest.algorithm]}. "
            f"Expected: {digest.kind} {digest.value}"
        )
    if pin and found["sha256"] != pin.sha256:
        raise ValueError(
            f"Its sha256 is {found['sha256']}. Expected: {pin.sha256}, which the first download "
            f"wrote into {source.name}.pin.json"
        )
    if pin and not digest and pin.url not in (None, *source.urls):
        raise ValueError(
            f"Its pin states the address {pin.url}. Expected: {' or '.join(source.urls)}"
        )
    return found["sha256"]
