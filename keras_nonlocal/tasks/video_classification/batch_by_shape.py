"""Views of several videos, put together by shape until there are enough for the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Chunk = tuple[list[int], np.ndarray]  # of which videos, and the views


class Buckets:
    """Takes in the views of videos, and gives them out in chunks of one shape.

    Those of a video come out in their order.

    Args:
        chunk: How many views of a shape go together.
        most: Bytes of views that may wait; beyond, the largest bucket goes out as it is.

    Example:

    >>> buckets, views = Buckets(lambda shape: 3, most=10_000), np.zeros((2, 4, 8, 8, 3), "uint8")
    >>> [videos for video in (0, 1) for videos, _ in buckets.add(video, views)]
    [[0, 0, 1]]
    >>> [videos for videos, _ in buckets.rest()]
    [[1]]
    """

    def __init__(self, chunk: Callable[[tuple[int, ...]], int], most: int):
        self._chunk, self._most = chunk, most
        self._waiting: dict[tuple[int, ...], list[tuple[int, np.ndarray]]] = {}

    def add(self, video: int, views: np.ndarray) -> Iterator[Chunk]:
        """Takes the views `(views, ...)` of a video; yields the chunks that are full by now."""
        shape = views.shape[1:]
        waiting = self._waiting.setdefault(shape, [])
        waiting += [(video, view) for view in views]
        while len(waiting) >= self._chunk(shape):
            yield self._take(shape)
        while self._bytes() > self._most:
            yield self._take(max(self._waiting, key=self._bytes_of))

    def rest(self) -> Iterator[Chunk]:
        """Yields all that waits."""
        for shape, waiting in self._waiting.items():
            while waiting:
                yield self._take(shape)

    def _take(self, shape: tuple[int, ...]) -> Chunk:
        waiting, count = self._waiting[shape], self._chunk(shape)
        taken, waiting[:] = waiting[:count], waiting[count:]
        videos, views = zip(*taken, strict=True)
        return list(videos), np.stack(views)

    def _bytes(self) -> int:
        return sum(map(self._bytes_of, self._waiting))

    def _bytes_of(self, shape: tuple[int, ...]) -> int:
        return sum(view.nbytes for _, view in self._waiting[shape])
