"""Clips by the workers of a `tf.data` service, each once an epoch."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import tensorflow as tf

from ...utils.checks import positive_int
from .timeout import with_timeout

_WAITED = (
    "No clip came from the tf.data service at {} for {:g} seconds. Has a worker died? Start the "
    "workers and begin the epoch again, or pass `shard_clips` a longer `timeout`."
)
_UNREACHED = (
    "No tf.data service could be reached at {} for {:g} seconds. Is its dispatcher running, and "
    "the address right?"
)
_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def spread_over(
    dataset: tf.data.Dataset, service: str, clips: int, *, timeout: float = 600.0
) -> tf.data.Dataset:
    """Lets the workers of a `tf.data` service make the elements of a data set.

    The service hands out the shards as workers ask for them (`ShardingPolicy.DYNAMIC`). So each
    clip comes once an epoch, in an order that depends on the speed of workers.

    The service waits for a worker that died until one comes back to its address, for ever if none
    does, and does not make again what it was working on. Here, both end the epoch in an error: no
    clip came for too long, or fewer came than there are.

    Batches are made of what comes, so only the last one can have fewer clips; batch after this
    call, not before it. For shards, call `shard_clips(..., service=...)`, which calls this.

    Args:
        dataset: Made by TensorFlow alone, not batched, and without a length of its own to keep, as
            each worker sees a part of it.
        service: Address of the dispatcher, such as `"grpc://host:5000"`.
        clips: How many elements an epoch has.
        timeout: Seconds to wait for the service, and for an element; the first takes the longest.

    Returns:
        A data set that knows its length, and fails where fewer or more elements come.

    Raises:
        ValueError: The data set calls Python, which workers cannot run; or the address is none.
        ConnectionError: Nothing answers at the address.

    Example:
        clips = spread_over(clips, "grpc://dispatcher:5000", 240_000)
    """
    positive_int("clips", clips)
    if calls_python(dataset):
        refuse_python(service)
    _wait_for(service, timeout)
    sharing = tf.data.experimental.service.ShardingPolicy.DYNAMIC
    spread = dataset.apply(
        tf.data.experimental.service.distribute(processing_mode=sharing, service=service)
    )
    watched = with_timeout(spread, timeout, _WAITED.format(service, timeout))
    return watched.apply(tf.data.experimental.assert_cardinality(clips))


def _wait_for(service: str, timeout: float) -> None:
    """Until the dispatcher listens: TensorFlow waits for ever, and Ctrl-C does not end it."""
    address = urlsplit(service)
    _, _, port = address.netloc.rpartition(":")
    known = address.scheme and address.hostname and port.isdecimal() and 0 < int(port) < 2**16
    if not known:
        raise ValueError(
            "`service` must be the address of a tf.data service, such as 'grpc://host:5000'. "
            f"Received: service={service!r}"
        )
    end = time.monotonic() + timeout
    while True:
        try:
            socket.create_connection((address.hostname, int(port)), timeout=timeout).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise ConnectionError(_UNREACHED.format(service, timeout)) from error
            time.sleep(min(timeout / 10, 1))


def refuse_python(service: str | None) -> None:
    """An error if videos that Python decodes are to go through a service."""
    if service is not None:
        raise ValueError(
            "Videos are decoded by Python, and the workers of a tf.data service run TensorFlow "
            "only. Write shards with `write_shards` or `keras-nonlocal data shard`, and give their "
            f"folder as the source. Received: service={service!r}"
        )


def calls_python(dataset: tf.data.Dataset) -> bool:
    """Whether a function of Python is called for the elements of a data set.

    >>> calls_python(tf.data.Dataset.range(3))
    False
    """
    serialized = tf.raw_ops.DatasetToGraphV2(
        input_dataset=tf.data.experimental.to_variant(dataset), external_state_policy=1
    )
    graph = tf.compat.v1.GraphDef.FromString(serialized.numpy())
    functions = (node for function in graph.library.function for node in function.node_def)
    return any(node.op in _PYTHON for nodes in (graph.node, functions) for node in nodes)
