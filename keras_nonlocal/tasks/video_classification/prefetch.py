"""Reading ahead by threads, results in the order asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def ahead(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: int
) -> Iterator[tuple[Task, Result]]:
    """Each task with its result, while threads are at work on the next ones.

    Args:
        function: What threads call; its exception is raised when the turn of its task comes.
        tasks: Its arguments, in order.
        workers: How many threads; at most so many results wait.

    Example:

    >>> list(ahead(str.upper, ["a", "b", "c"], workers=2))
    [('a', 'A'), ('b', 'B'), ('c', 'C')]
    """
    waiting: deque[tuple[Task, Future[Result]]] = deque()
    threads = ThreadPoolExecutor(workers)
    try:
        for task in tasks:
            waiting.append((task, threads.submit(function, task)))
            if len(waiting) > workers:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
    finally:
        threads.shutdown(cancel_futures=True)


def _first(waiting):
    task, future = waiting.popleft()
    return task, future.result()
