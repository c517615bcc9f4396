"""A data set that ends in an error where nothing comes for too long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import tensorflow as tf

_HELD = 2  # elements taken from the data set before they are asked for
_LOOK = 0.5  # seconds between two looks at whether they are still wanted


def with_timeout(dataset: tf.data.Dataset, seconds: float, cause: str) -> tf.data.Dataset:
    """The same elements, and an error if one is waited for longer than that.

    It runs Python, for each element, in the process that iterates.

    Args:
        dataset: Whose elements may stay away for ever.
        seconds: How long to wait for one.
        cause: What the error says.

    Example:

    >>> [int(number) for number in with_timeout(tf.data.Dataset.range(3), 9.0, "none came")]
    [0, 1, 2]
    """
    return tf.data.Dataset.from_generator(
        lambda: _elements(dataset, seconds, cause), output_signature=dataset.element_spec
    )


def _elements(dataset, seconds: float, cause: str) -> Iterator:
    received: queue.Queue = queue.Queue(_HELD)
    unwanted = threading.Event()
    # A daemon, as nothing wakes it where an element never comes.
    threading.Thread(target=_pull, args=(dataset, received, unwanted), daemon=True).start()
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
        unwanted.set()


def _pull(dataset, received: queue.Queue, unwanted: threading.Event) -> None:
    try:
        for element in dataset:
            if not _put(received, ("element", element), unwanted):
                return
        _put(received, ("end", None), unwanted)
    except Exception as error:  # raised again where the elements are asked for
        _put(received, ("error", error), unwanted)


def _put(received: queue.Queue, item, unwanted: threading.Event) -> bool:
    while not unwanted.is_set():
        try:
            received.put(item, timeout=_LOOK)
            return True
        except queue.Full:
            continue
    return False
