"""On which devices, and which machines, a model trains: by name, from `tf.distribute`."""

from __future__ import annotations

import json
import os
from contextlib import suppress

import keras
import tensorflow as tf

from ...utils.checks import one_of

_EXAMPLE = {
    "cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
    "task": {"type": "worker", "index": 0},
}
_SLURM = ("PROCID", "STEP_NUM_TASKS", "STEP_NODELIST", "STEP_TASKS_PER_NODE")


def strategy_for(name: str) -> tf.distribute.Strategy:
    """The `tf.distribute` strategy of that name; models are built and compiled in its scope.

    - `"one"`: TensorFlow's default, one device; it costs nothing. Under another Keras backend
      TensorFlow only reads the data, and leaves GPUs alone.
    - `"mirrored"`: all GPUs of this machine, or its logical CPUs.
    - `"multiworker"`: all devices of all workers. Each worker is a process that calls this before
      anything of TensorFlow runs, and once. Who they are says the environment variable `TF_CONFIG`,
      or else SLURM, where `srun` starts them; a worker uses the GPUs that SLURM lets it see.

    Args:
        name: One of `STRATEGIES`.

    Raises:
        ValueError: The name is unknown, the backend is not TensorFlow, `TF_CONFIG` is damaged, or
            nothing says who the workers are.

    Example:

    >>> from keras_nonlocal.training.distributed.strategies import strategy_for
    >>> strategy_for("one").num_replicas_in_sync
    1
    """
    make = _MAKERS[one_of("strategy", name, STRATEGIES)]
    if name != "one" and keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"The strategy {name!r} is TensorFlow's; set KERAS_BACKEND=tensorflow, or take 'one'. "
            f"Received: the backend {keras.backend.backend()!r}"
        )
    return make()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes: the first worker, or the only process."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.cluster_spec():
        return True
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def check_batch(strategy: tf.distribute.Strategy, batch_size: int) -> int:
    """Returns how many examples of a batch each replica gets.

    Raises:
        ValueError: They are not as many for each.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size < 1 or batch_size % replicas:
        raise ValueError(
            f"`batch_size` must be a positive multiple of the {replicas} replicas that share it. "
            f"Received: batch_size={batch_size}"
        )
    return batch_size // replicas


def resolver() -> tf.distribute.cluster_resolver.ClusterResolver:
    """Who all workers are, and which of them this process is: by TF_CONFIG, or else SLURM.

    Raises:
        ValueError: TF_CONFIG is damaged, or neither is there.
    """
    if "TF_CONFIG" in os.environ:
        _check_config(os.environ["TF_CONFIG"])
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if all(f"SLURM_{name}" in os.environ for name in _SLURM):
        return _slurm_resolver()
    raise ValueError(
        "The strategy 'multiworker' must know all workers, and which of them this process is. "
        "Either start the workers by `srun` of SLURM, or set TF_CONFIG for each. For the first of "
        f"two: TF_CONFIG='{json.dumps(_EXAMPLE)}'"
    )


def _one() -> tf.distribute.Strategy:
    if keras.backend.backend() != "tensorflow":
        with suppress(RuntimeError):  # it was used before, and has taken its memory
            tf.config.set_visible_devices([], "GPU")
    return tf.distribute.get_strategy()


def _mirrored() -> tf.distribute.Strategy:
    gpus = [device.name for device in tf.config.list_logical_devices("GPU")]
    if gpus:
        return tf.distribute.MirroredStrategy(gpus)
    cpus = [device.name for device in tf.config.list_logical_devices("CPU")]
    # Collective operations among CPUs would break a second strategy of one process.
    return tf.distribute.MirroredStrategy(cpus, tf.distribute.ReductionToOneDevice())


def _multiworker() -> tf.distribute.Strategy:
    return tf.distribute.MultiWorkerMirroredStrategy(resolver())


def _slurm_resolver() -> tf.distribute.cluster_resolver.ClusterResolver:
    """SLURM's tasks, each with the GPUs that SLURM lets it see.

    TensorFlow's resolver would share them out once more, and fails where there are none; so it is
    told of one a task, and only asked for the addresses.
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
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        unknown = sorted(set(cluster) - {"chief", "worker"})
        addresses = cluster[task["type"]]
        right = not unknown and isinstance(addresses, list) and task["index"] >= 0
        right = right and isinstance(addresses[task["index"]], str)
    except (ValueError, KeyError, TypeError, IndexError):
        right = False
    if not right:
        raise ValueError(
            "TF_CONFIG must be JSON that names the workers, and which of them this process is, "
            f"such as {json.dumps(_EXAMPLE)}. Received: {text!r}"
        )


_MAKERS = {
    "one": _one,
    "mirrored": _mirrored,
    "multiworker": _multiworker,
}
STRATEGIES = tuple(_MAKERS)
