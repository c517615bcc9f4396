"""Reading ahead by threads, results in the order asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def ahead(
    function: Callable[[_Item], _Result], tasks: Iterable[_Item], num_threads: int
) -> Iterator[tuple[_Item, _Result]]:
    """Each task with its result, while threads are at work on the next ones.

    Args:
        function: What threads call; its exception is raised when the turn of its task comes.
        tasks: Its arguments, in order.
        num_threads: How many threads; at most so many results wait.

    Example:

    >>> list(ahead(str.upper, ["a", "b", "c"], num_threads=2))
    [('a', 'A'), ('b', 'B'), ('c', 'C')]
    """
    waiting: deque[tuple[_Item, Future[_Result]]] = deque()
    threads = ThreadPoolExecutor(num_threads)
    try:
        for task in tasks:
            waiting.append((task, threads.submit(function, task)))
            if len(waiting) > num_threads:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
    finally:
        threads.shutdown(cancel_futures=True)


def _first(waiting):
    task, future = waiting.popleft()
    return task, future.result()
