"""Many tasks, a few worker processes, and an answer to each task."""

from __future__ import annotations

import math
import os
import queue
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from ...utils.checks import positive_int
from .worker import Worker, start_message


def map_in_processes(
    tasks: Iterable,
    function: Callable[[Any], Any],
    *,
    num_processes: int | None = None,
    time_limit: float | None = None,
    ahead: int | None = None,
) -> Generator[tuple[Any, Any], None, None]:
    """Calls a function with each task in worker processes, and keeps no more than two a worker.

    A process that dies or takes too long is replaced by a new one. All are ended when the iterator
    is, be it by Ctrl-C or by an error.

    Args:
        tasks: What the function is called with; taken one by one, pickled.
        function: Of a module, not a lambda, or a `functools.partial` of one.
        num_processes: How many processes; one for each core by default.
        time_limit: Seconds that one task may take; `None` is without end.
        ahead: How many later tasks at most are begun while one is not done, for who has to keep
            what comes out of turn; `None` is without end.

    Returns:
        An iterator of the tasks with the result of each or its `Failure`, as they are done. Close
        it where you leave it early, as `contextlib.closing` does.

    Raises:
        ValueError: An argument is out of range, or processes cannot import the function.
        RuntimeError: Processes do not start.

    Example:

    >>> import math
    >>> sorted(map_in_processes([4, 9], math.sqrt, num_processes=1))
    [(4, 2.0), (9, 3.0)]
    """
    count = positive_int("num_processes", cores() if num_processes is None else num_processes)
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"`time_limit` must be positive. Received: time_limit={time_limit!r}")
    if ahead is not None:
        positive_int("ahead", ahead)
    pool = [Worker(start_message(function), time_limit) for _ in range(count)]
    return _run(enumerate(tasks), pool, math.inf if ahead is None else ahead)


def _run(
    tasks: Iterator[tuple[int, Any]], workers: list[Worker], ahead: float
) -> Generator[tuple[Any, Any], None, None]:
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def call(task):
        worker = idle.get()
        try:
            return worker.call(task)
        finally:
            idle.put(worker)

    waiting: dict[Future, tuple[int, Any]] = {}  # in the order in which they began

    def full(number):
        oldest, _ = next(iter(waiting.values()))
        return len(waiting) >= 2 * len(workers) or number - oldest >= ahead

    threads = ThreadPoolExecutor(len(workers))
    try:
        for number, task in tasks:
            waiting[threads.submit(call, task)] = number, task
            while waiting and full(number):
                yield from _done(waiting)
        while waiting:
            yield from _done(waiting)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.close()
        threads.shutdown()


def _done(waiting: dict[Future, tuple[int, Any]]) -> Iterator[tuple[Any, Any]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        _, task = waiting.pop(future)
        yield task, future.result()


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
