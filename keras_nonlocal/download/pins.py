"""Pins: what a file was when it came, so that it stays that. And whether a file is what it should.

The publisher's digest may be short, weak or missing. The first download decides then: its whole
sha256 is written beside the file and every later use, or download, is compared with it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..utils.atomic_files import replacing
from ..utils.hashing import digests
from .published_file import PublishedFile


@dataclass(frozen=True)
class Pin:
    """What a file was when it came; `url` is `None` where it was put there by hand."""

    sha256: str
    size: int
    url: str | None

    def __post_init__(self) -> None:
        if not isinstance(self.sha256, str) or not isinstance(self.size, int):
            raise TypeError("sha256 must be text and size a number")


@dataclass(frozen=True)
class Found:
    """What a file is: its size, and its digests by algorithm."""

    size: int
    digests: dict[str, str]

    def pin(self, url: str | None) -> Pin:
        """The pin of this file."""
        return Pin(self.digests["sha256"], self.size, url)


def measure_file(path: Path, source: PublishedFile) -> Found:
    """Read a file and take the digests by which `source` and a pin state it."""
    algorithms = {"sha256"} | ({source.digest.algorithm} if source.digest else set())
    with path.open("rb") as file:
        return Found(path.stat().st_size, digests(file, algorithms))


def misfits(found: Found, source: PublishedFile, pin: Pin | None) -> list[str]:
    """Why a file is not the expected one; an empty list if it is."""
    digest = source.digest
    reasons = []
    if source.size is not None and found.size != source.size:
        reasons.append(f"it has {found.size} bytes, expected {source.size}")
    if digest is not None and not digest.fits(found.digests[digest.algorithm]):
        reasons.append(
            f"its {digest.algorithm} is {found.digests[digest.algorithm]}, "
            f"expected {digest.kind} {digest.value}"
        )
    if pin is not None and (found.size, found.digests["sha256"]) != (pin.size, pin.sha256):
        reasons.append(
            f"its sha256 is {found.digests['sha256']} ({found.size} bytes), "
            f"pinned when it first came: {pin.sha256} ({pin.size} bytes)"
        )
    if digest is None and pin is not None and pin.url not in (None, *source.urls):
        reasons.append(f"it came from {pin.url}, which is none of {', '.join(source.urls)}")
    return reasons


def read_pin(path: Path) -> Pin | None:
    """The pin in a file, or `None` where there is no such file.

    Raises:
        ValueError: The file holds something else.
    """
    try:
        return Pin(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{path} should hold sha256, size and url of the file beside it: {error}. "
            "Delete it if you trust that file, both if not."
        ) from error


def write_pin(path: Path, pin: Pin) -> None:
    """Write a pin."""
    with replacing(path, durable=True) as partial:
        partial.write_text(json.dumps(asdict(pin), indent=2) + "\n", "utf-8")
