"""Views of videos for evaluation: read in advance by threads, and batched by shape."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Batch = tuple[list[int], np.ndarray]  # the video of each view, and the views
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def prefetch(
    function: Callable[[_Item], _Result], items: Iterable[_Item], num_threads: int
) -> Iterator[tuple[_Item, _Result]]:
    """Yields each item with its result, in order, while threads compute the next results.

    Args:
        function: The function that threads call. Its exception is raised at the turn of its item.
        items: The arguments of the function.
        num_threads: Number of threads, and largest number of results that wait.

    Example:

    >>> list(prefetch(str.upper, ["a", "b", "c"], num_threads=2))
    [('a', 'A'), ('b', 'B'), ('c', 'C')]
    """
    pending: deque[tuple[_Item, Future[_Result]]] = deque()
    threads = ThreadPoolExecutor(num_threads)
    try:
        for item in items:
            pending.append((item, threads.submit(function, item)))
            if len(pending) > num_threads:
                yield _first_result(pending)
        while pending:
            yield _first_result(pending)
    finally:
        threads.shutdown(cancel_futures=True)


def _first_result(pending: deque) -> tuple:
    item, future = pending.popleft()
    return item, future.result()


class ShapeBatcher:
    """Collects the views of videos, and yields them in batches of one shape.

    The views of a video keep their order.

    Args:
        batch_size: A function from the shape of a view to the number of views in a batch.
        max_bytes: Number of bytes of views that may wait. Above it, the views of the largest shape
            are yielded before their batch is full.

    Example:

    >>> batcher = ShapeBatcher(lambda shape: 3, max_bytes=10_000)
    >>> views = np.zeros((2, 4, 8, 8, 3), "uint8")
    >>> [videos for video in (0, 1) for videos, _ in batcher.add(video, views)]
    [[0, 0, 1]]
    >>> [videos for videos, _ in batcher.flush()]
    [[1]]
    """

    def __init__(self, batch_size: Callable[[tuple[int, ...]], int], max_bytes: int):
        self._batch_size, self._max_bytes = batch_size, max_bytes
        self._waiting: dict[tuple[int, ...], list[tuple[int, np.ndarray]]] = {}

    def add(self, video: int, views: np.ndarray) -> Iterator[Batch]:
        """Adds the views `(views, ...)` of a video, and yields the batches that are full."""
        shape = views.shape[1:]
        waiting = self._waiting.setdefault(shape, [])
        waiting += [(video, view) for view in views]
        while len(waiting) >= self._batch_size(shape):
            yield self._take(shape)
        while sum(map(self._bytes, self._waiting)) > self._max_bytes:
            yield self._take(max(self._waiting, key=self._bytes))

    def flush(self) -> Iterator[Batch]:
        """Yields all views that wait."""
        for shape, waiting in self._waiting.items():
            while waiting:
                yield self._take(shape)

    def _take(self, shape: tuple[int, ...]) -> Batch:
        waiting, count = self._waiting[shape], self._batch_size(shape)
        taken, waiting[:] = waiting[:count], waiting[count:]
        videos, views = zip(*taken, strict=True)
        return list(videos), np.stack(views)

    def _bytes(self, shape: tuple[int, ...]) -> int:
        return sum(view.nbytes for _, view in self._waiting[shape])
