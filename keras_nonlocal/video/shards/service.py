"""Datasets whose elements are made by the workers of a `tf.data` service."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import tensorflow as tf

from ...utils.checks import positive_int
from .timeout import with_timeout

_NO_CLIP = (
    "No clip came from the tf.data service at {} for {:g} seconds. Has a worker died? Start the "
    "workers and the epoch again, or pass a longer `timeout` to `shard_clips`."
)
_NO_SERVICE = (
    "No tf.data service could be reached at {} for {:g} seconds. Is its dispatcher running, and "
    "is the address right?"
)
_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def spread_over(
    dataset: tf.data.Dataset, service: str, clips: int, *, timeout: float = 600.0
) -> tf.data.Dataset:
    """Lets the workers of a `tf.data` service make the elements of a dataset.

    The service distributes shards to workers when they are idle (`ShardingPolicy.DYNAMIC`). So
    each clip comes once per epoch, in an order that depends on the speed of the workers.

    If a worker dies, the service waits until a worker with its address starts, and loses the
    clips that the worker was making. Here, both raise an error: after the timeout, or when an
    epoch ends with too few clips.

    Call `batch` after this function, not before it, so that only the last batch can have fewer
    clips. For shards, use `shard_clips(..., service=...)`, which calls this function.

    Args:
        dataset: A dataset without Python functions, not batched, and without an asserted
            cardinality, as each worker makes only a part of it.
        service: Address of the dispatcher, such as `"grpc://host:5000"`.
        clips: Number of elements in an epoch.
        timeout: Seconds to wait for the service and for each element; the first one takes longest.

    Returns:
        A dataset of known cardinality, which raises if fewer or more elements come.

    Raises:
        ValueError: The dataset calls Python, which workers cannot run, or `service` is not an
            address.
        ConnectionError: There is no service at the address.

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
    watched = with_timeout(spread, timeout, _NO_CLIP.format(service, timeout))
    return watched.apply(tf.data.experimental.assert_cardinality(clips))


def _wait_for(service: str, timeout: float) -> None:
    """Waits for the dispatcher, as TensorFlow would wait for ever, even after Ctrl-C."""
    try:
        address = urlsplit(service)
        valid = address.scheme and address.hostname and address.port
    except ValueError:  # of the port
        valid = False
    if not valid:
        raise ValueError(
            "`service` must be the address of a tf.data service, such as 'grpc://host:5000'. "
            f"Received: service={service!r}"
        )
    end = time.monotonic() + timeout
    while True:
        try:
            socket.create_connection((address.hostname, address.port), timeout=timeout).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise ConnectionError(_NO_SERVICE.format(service, timeout)) from error
            time.sleep(min(timeout / 10, 1))


def refuse_python(service: str | None) -> None:
    """Raises if a service is given for video files, which Python decodes."""
    if service is not None:
        raise ValueError(
            "`service` needs a folder of shards as the source: videos are decoded by Python, which "
            "the workers of a tf.data service cannot run. Write shards with `write_shards` or "
            f"`keras-nonlocal data shard`. Received: service={service!r}"
        )


def calls_python(dataset: tf.data.Dataset) -> bool:
    """Whether a dataset calls Python functions for its elements.

    >>> calls_python(tf.data.Dataset.range(3))
    False
    """
    serialized = tf.raw_ops.DatasetToGraphV2(
        input_dataset=tf.data.experimental.to_variant(dataset), external_state_policy=1
    )
    graph = tf.compat.v1.GraphDef.FromString(serialized.numpy())
    functions = (node for function in graph.library.function for node in function.node_def)
    return any(node.op in _PYTHON for nodes in (graph.node, functions) for node in nodes)
