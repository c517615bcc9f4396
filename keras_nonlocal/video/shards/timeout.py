"""A timeout for the elements of a dataset."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import tensorflow as tf

_PREFETCHED = 2  # elements
_CHECK_INTERVAL = 0.5  # seconds between two checks whether the consumer has stopped


def with_timeout(dataset: tf.data.Dataset, seconds: float, cause: str) -> tf.data.Dataset:
    """Raises if an element of a dataset takes too long.

    Each element is passed on by Python, in the process that iterates.

    Args:
        dataset: A dataset that may wait for ever.
        seconds: The longest time to wait for an element.
        cause: The message of the error.

    Returns:
        A dataset of the same elements, which raises a `tf.errors.OpError` after a timeout.

    Example:

    >>> [int(number) for number in with_timeout(tf.data.Dataset.range(3), 9.0, "none came")]
    [0, 1, 2]
    """
    return tf.data.Dataset.from_generator(
        lambda: _elements(dataset, seconds, cause), output_signature=dataset.element_spec
    )


def _elements(dataset, seconds: float, cause: str) -> Iterator:
    received: queue.Queue = queue.Queue(_PREFETCHED)
    stopped = threading.Event()
    # A daemon thread, as nothing can wake it if an element never comes.
    threading.Thread(target=_iterate, args=(dataset, received, stopped), daemon=True).start()
    try:
        while True:
            try:
                kind, element = received.get(timeout=seconds)
            except queue.Empty:
                raise TimeoutError(cause) from None
            if kind != "element":
                break
            yield element
        if kind == "error":
            raise element
    finally:
        stopped.set()


def _iterate(dataset, received: queue.Queue, stopped: threading.Event) -> None:
    try:
        for element in dataset:
            if not _enqueue(received, ("element", element), stopped):
                return
        _enqueue(received, ("end", None), stopped)
    except Exception as error:  # raised again in the thread that iterates
        _enqueue(received, ("error", error), stopped)


def _enqueue(received: queue.Queue, item, stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            received.put(item, timeout=_CHECK_INTERVAL)
            return True
        except queue.Full:
            continue
    return False
