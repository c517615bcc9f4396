"""Distribution strategies by name: on which devices and machines a model trains."""

from __future__ import annotations

import json
import os
from contextlib import suppress

import keras
import tensorflow as tf

from ...utils.checks import one_of
from ...utils.schema import parse_json

_EXAMPLE = {
    "cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
    "task": {"type": "worker", "index": 0},
}
_SLURM = ("PROCID", "STEP_NUM_TASKS", "STEP_NODELIST", "STEP_TASKS_PER_NODE")


def strategy_for(name: str) -> tf.distribute.Strategy:
    """Creates a `tf.distribute` strategy; models are built and compiled in its scope.

    - `"one"`: one device, TensorFlow's default. On another Keras backend TensorFlow only reads the
      data, and does not use GPUs.
    - `"mirrored"`: all GPUs of this machine, or its logical CPUs.
    - `"multiworker"`: all devices of all workers. Each worker is a process that calls this function
      once, before it uses TensorFlow. The workers are listed in the environment variable
      `TF_CONFIG`, or else by SLURM if `srun` starts them; a worker uses the GPUs that SLURM assigns
      to it.

    Args:
        name: `"one"`, `"mirrored"` or `"multiworker"`.

    Returns:
        The strategy.

    Raises:
        ValueError: The name is unknown, the backend is not TensorFlow, `TF_CONFIG` is invalid, or
            the workers are not known.

    Example:

    >>> from keras_nonlocal.training.distributed.strategies import strategy_for
    >>> strategy_for("one").num_replicas_in_sync
    1
    """
    make = _MAKERS[one_of("strategy", name, STRATEGIES)]
    if name != "one" and keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"The strategy {name!r} needs the TensorFlow backend. Set KERAS_BACKEND=tensorflow, or "
            f"use the strategy 'one'. Received: the backend {keras.backend.backend()!r}"
        )
    return make()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes files: it is the first worker, or the only process."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.cluster_spec():
        return True
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def check_batch(strategy: tf.distribute.Strategy, batch_size: int) -> int:
    """Returns the number of examples of a batch for each replica.

    Raises:
        ValueError: The batch cannot be split evenly.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size < 1 or batch_size % replicas:
        raise ValueError(
            f"`batch_size` must be a positive multiple of the number of replicas, {replicas}. "
            f"Received: batch_size={batch_size}"
        )
    return batch_size // replicas


def resolver() -> tf.distribute.cluster_resolver.ClusterResolver:
    """Returns the addresses of all workers and the index of this one, by TF_CONFIG or by SLURM.

    Raises:
        ValueError: TF_CONFIG is invalid, or neither is set.
    """
    if "TF_CONFIG" in os.environ:
        _check_config(os.environ["TF_CONFIG"])
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if all(f"SLURM_{name}" in os.environ for name in _SLURM):
        return _slurm_resolver()
    raise ValueError(
        "The strategy 'multiworker' needs the addresses of all workers and the index of this one. "
        "Start the workers with `srun` of SLURM, or set TF_CONFIG for each of them. For the first "
        f"of two workers: TF_CONFIG='{json.dumps(_EXAMPLE)}'"
    )


def _one() -> tf.distribute.Strategy:
    if keras.backend.backend() != "tensorflow":
        with suppress(RuntimeError):  # TensorFlow has already used the GPU
            tf.config.set_visible_devices([], "GPU")
    return tf.distribute.get_strategy()


def _mirrored() -> tf.distribute.Strategy:
    gpus = [device.name for device in tf.config.list_logical_devices("GPU")]
    if gpus:
        return tf.distribute.MirroredStrategy(gpus)
    cpus = [device.name for device in tf.config.list_logical_devices("CPU")]
    # With collective operations on CPUs, a second strategy in the same process would fail.
    return tf.distribute.MirroredStrategy(cpus, tf.distribute.ReductionToOneDevice())


def _multiworker() -> tf.distribute.Strategy:
    return tf.distribute.MultiWorkerMirroredStrategy(resolver())


def _slurm_resolver() -> tf.distribute.cluster_resolver.ClusterResolver:
    """The tasks of SLURM, each with the GPUs that SLURM assigns to it.

    TensorFlow's resolver would divide the GPUs again, and fails without GPUs. So it is told that
    each task has one, and is used only for the addresses.
    """
    slurm = tf.distribute.cluster_resolver.SlurmClusterResolver(
        gpus_per_node=int(os.environ["SLURM_STEP_NUM_TASKS"]), gpus_per_task=1, auto_set_gpu=False
    )
    cluster = slurm.cluster_spec()
    return tf.distribute.cluster_resolver.SimpleClusterResolver(
        cluster,
        task_type=slurm.task_type,
        task_id=slurm.task_id,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )


def _check_config(text: str) -> None:
    try:
        config = parse_json(text, "TF_CONFIG")
        cluster, task = config["cluster"], config["task"]
        unknown = sorted(set(cluster) - {"chief", "worker"})
        addresses = cluster[task["type"]]
        is_valid = not unknown and isinstance(addresses, list) and task["index"] >= 0
        is_valid = is_valid and isinstance(addresses[task["index"]], str)
    except (ValueError, KeyError, TypeError, IndexError):
        is_valid = False
    if not is_valid:
        raise ValueError(
            "TF_CONFIG must be JSON with the addresses of all workers and the index of this one, "
            f"such as {json.dumps(_EXAMPLE)}. Received: {text!r}"
        )


_MAKERS = {"one": _one, "mirrored": _mirrored, "multiworker": _multiworker}
STRATEGIES = tuple(_MAKERS)
