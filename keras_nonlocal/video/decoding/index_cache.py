"""The indexes of the files that were read last, so that an epoch does not make them again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable

from .container import PathLike
from .frame_index import FrameIndex

# Frames that are remembered in all, at 8 bytes each, twice that while times are in use.
_LIMIT = 4_000_000


class IndexCache:
    """Indexes by file, until together they hold too many frames; then the oldest go."""

    def __init__(self, limit: int = _LIMIT):
        self._limit, self._frames = limit, 0
        self._indexes: dict[Hashable, FrameIndex] = {}
        self._lock = threading.Lock()

    def get(self, path: PathLike, tolerant: bool, make: Callable[[], FrameIndex]) -> FrameIndex:
        """The index of a file as it is now, made if it is not known."""
        status = os.stat(path)
        key = (os.fspath(path), status.st_mtime_ns, status.st_size, tolerant)
        known = self._indexes.get(key)
        if known is not None:
            return known
        index = make()
        with self._lock:
            self._keep(key, index)
        return index

    def _keep(self, key: Hashable, index: FrameIndex) -> None:
        if key not in self._indexes:
            self._indexes[key] = index
            self._frames += len(index)
        while self._frames > self._limit:
            self._frames -= len(self._indexes.pop(next(iter(self._indexes))))


INDEXES = IndexCache()
