"""Many tasks, a few worker processes, and an answer to each task."""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any, TypeVar

from ...utils.checks import positive_int
from .worker import Worker

_T = TypeVar("_T")


def map_in_processes(
    tasks: Iterable,
    function: Callable[[Any], Any],
    *,
    num_processes: int | None = None,
    time_limit: float | None = None,
    ahead: int = 256,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Generator[tuple[Any, Any], None, None]:
    """Calls a function with each task in worker processes, and gives the results in order.

    A process that dies or takes too long is replaced by a new one, and the other tasks do not
    notice. All processes are ended when the iterator is, whether by Ctrl-C or by an error.

    Args:
        tasks: What the function is called with. Tasks are taken one by one and pickled.
        function: It is a function of a module or a `functools.partial` of one, not a lambda.
        num_processes: How many processes there are; by default one for each core.
        time_limit: How many seconds one task may take; `None` sets no limit.
        ahead: How many tasks are begun before the result of the first of them is taken. At most
            this many results are held.
        environment: Variables that the processes get besides those of this one.

    Returns:
        An iterator of each task with its result or its `Failure`. Close it if you leave it early,
        as `contextlib.closing` does.

    Raises:
        ValueError: An argument is out of range.
        RuntimeError: The processes do not start, or they cannot import the function.

    Example:

    >>> import math
    >>> list(map_in_processes([4, 9], math.sqrt, num_processes=1))
    [(4, 2.0), (9, 3.0)]
    """
    count = positive_int("num_processes", cores() if num_processes is None else num_processes)
    positive_int("ahead", ahead)
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"`time_limit` must be positive. Received: time_limit={time_limit!r}")
    pool = [Worker(function, time_limit, environment) for _ in range(count)]
    return _run(tasks, pool, ahead)


def _run(
    tasks: Iterable, workers: list[Worker], ahead: int
) -> Generator[tuple[Any, Any], None, None]:
    idle: queue.LifoQueue[Worker] = queue.LifoQueue()
    for worker in workers:
        idle.put(worker)

    def call(task):
        worker = idle.get()
        try:
            return worker.call(task)
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(len(workers)) as threads:
        try:
            begun = ((task, threads.submit(call, task)) for task in tasks)
            for task, answer in _prefetched(begun, ahead):
                yield task, answer.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.close()


def _prefetched(items: Iterable[_T], count: int) -> Iterator[_T]:
    """The same items; `count` of them are taken before the first is given."""
    held: deque[_T] = deque()
    for item in items:
        held.append(item)
        if len(held) >= count:
            yield held.popleft()
    yield from held


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
