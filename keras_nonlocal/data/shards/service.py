"""Clips by the workers of a `tf.data` service, each once an epoch."""

from __future__ import annotations

import tensorflow as tf
from tensorflow.core.framework import graph_pb2

from ...validation import positive_int

_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def spread_over(dataset: tf.data.Dataset, service: str, clips: int) -> tf.data.Dataset:
    """Lets the workers of a `tf.data` service make the elements of a data set.

    The service hands out the shards as workers ask for them (`ShardingPolicy.DYNAMIC`). So each
    clip comes once an epoch, in an order that depends on the speed of workers. A worker that dies
    takes along what it was working on, without a word from the service: the epoch then ends in an
    error, as fewer clips came than there are. Batches are made of what comes, so only the last
    one can have fewer clips; batch after this call, not before it.

    Args:
        dataset: Made by TensorFlow alone, such as by `shard_clips`, and not batched.
        service: Address of the dispatcher, such as `"grpc://host:5000"`.
        clips: How many elements an epoch has.

    Returns:
        A data set that knows its length, and fails where fewer or more elements come.

    Raises:
        ValueError: The data set calls Python, which workers cannot run.

    Example:
        clips = spread_over(clips, "grpc://dispatcher:5000", 240_000)
    """
    positive_int("clips", clips)
    if calls_python(dataset):
        refuse_python(service)
    sharing = tf.data.experimental.service.ShardingPolicy.DYNAMIC
    spread = dataset.apply(
        tf.data.experimental.service.distribute(processing_mode=sharing, service=service)
    )
    return spread.apply(tf.data.experimental.assert_cardinality(clips))


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
    graph = graph_pb2.GraphDef.FromString(serialized.numpy())
    functions = (node for function in graph.library.function for node in function.node_def)
    return any(node.op in _PYTHON for nodes in (graph.node, functions) for node in nodes)
