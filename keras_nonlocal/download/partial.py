"""A download that is not complete yet, and that another process may go on with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..utils.atomic_files import move_durably
from .cache import Place, open_own


@dataclass(frozen=True)
class Version:
    """Which bytes an address meant when a download began."""

    url: str
    etag: str | None = None
    modified: str | None = None
    length: int | None = None

    @property
    def validator(self) -> str | None:
        """What proves that the address still means the same bytes; a weak ETag does not."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.modified


class Partial:
    """The bytes that came so far, and a note that says which version they are of.

    The note is written after the old bytes are gone and before the first new one comes, so bytes
    of two versions never meet, wherever a process is killed.
    """

    def __init__(self, place: Place) -> None:
        self._part = place.part
        self._note = place.note

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self._part

    @property
    def size(self) -> int:
        """How many bytes came so far."""
        try:
            return os.lstat(self._part).st_size
        except FileNotFoundError:
            return 0

    def resumable(self, url: str) -> Version | None:
        """The version that the bytes are of, if a download from `url` can go on after them."""
        try:
            version = Version(**json.loads(self._note.read_text("utf-8")))
        except (FileNotFoundError, TypeError, ValueError):  # none, or killed while writing it
            return None
        if version.url != url or version.validator is None or version.length is None:
            return None
        return version if 0 < self.size <= version.length else None

    def begin(self, version: Version) -> None:
        """Drop what came so far; what comes next is of this version."""
        open_own(self._part, os.O_TRUNC).close()
        with open_own(self._note, os.O_TRUNC) as file:
            file.write(json.dumps(asdict(version)).encode())

    def extend(self, blocks: Iterable[bytes]) -> None:
        """Add bytes, so that they outlast this process and the machine."""
        with open_own(self._part, os.O_APPEND) as file:
            for block in blocks:
                file.write(block)
                file.flush()
            os.fsync(file.fileno())

    def publish(self, path: Path) -> None:
        """Give the complete file its final name."""
        move_durably(self._part, path)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Drop what came so far."""
        with suppress(FileNotFoundError):
            self._part.unlink()
        self._note.unlink(missing_ok=True)
