"""Strategies by name, and the errors for workers that are not known."""

import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from keras_nonlocal.training.distributed.strategies import (
    STRATEGIES,
    check_batch,
    is_chief,
    resolver,
    strategy_for,
)

CLUSTER = {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}
SLURM = {
    "SLURM_PROCID": "2",
    "SLURM_STEP_NUM_TASKS": "3",
    "SLURM_STEP_NODELIST": "node[07-08]",
    "SLURM_STEP_TASKS_PER_NODE": "2,1",
}


@pytest.fixture(autouse=True)
def no_workers(monkeypatch):
    for name in ("TF_CONFIG", *SLURM):
        monkeypatch.delenv(name, raising=False)


def config(cluster, kind, index):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


def test_one_is_the_default_strategy():
    assert strategy_for("one") is tf.distribute.get_strategy()
    assert is_chief(strategy_for("one"))


def test_mirrored_uses_all_devices_of_this_machine():
    strategy = strategy_for("mirrored")
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    assert strategy.num_replicas_in_sync == len(devices)
    assert is_chief(strategy)


def test_unknown_strategy_is_an_error():
    with pytest.raises(ValueError, match=r"'one', 'mirrored', 'multiworker'.*'tpu'"):
        strategy_for("tpu")
    assert STRATEGIES == ("one", "mirrored", "multiworker")


def test_error_without_workers_explains_slurm_and_tf_config():
    with pytest.raises(ValueError, match=r"srun.*TF_CONFIG='\{\"cluster\"") as error:
        strategy_for("multiworker")
    example = str(error.value).split("TF_CONFIG='")[1].rstrip("'")
    assert set(json.loads(example)) == {"cluster", "task"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "worker",
        "[]",
        "{}",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": ["a:1"], "task": {"type": "worker", "index": 0}}',
        config(CLUSTER, "worker", 2),
        config(CLUSTER, "worker", -1),
        config(CLUSTER, "worker", "0"),
        config(CLUSTER, "chief", 0),
        config({**CLUSTER, "ps": ["a:1"]}, "worker", 0),
        config({"worker": [1]}, "worker", 0),
        config({"worker": "a:1"}, "worker", 0),
    ],
)
def test_invalid_tf_config_is_an_error_before_workers_connect(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(ValueError, match="TF_CONFIG must be JSON") as error:
        strategy_for("multiworker")
    assert f"Received: {text!r}" in str(error.value)


def test_tf_config_overrides_slurm(monkeypatch):
    for name, value in {**SLURM, "TF_CONFIG": config(CLUSTER, "worker", 1)}.items():
        monkeypatch.setenv(name, value)
    assert resolver().cluster_spec().as_dict() == CLUSTER
    assert (resolver().task_type, resolver().task_id) == ("worker", 1)


def test_slurm_tasks_are_the_workers(monkeypatch):
    for name, value in SLURM.items():
        monkeypatch.setenv(name, value)
    found = resolver()
    assert found.cluster_spec().as_dict() == {
        "worker": ["node07:8888", "node07:8889", "node08:8888"]
    }
    assert (found.task_type, found.task_id) == ("worker", 2)
    assert "CUDA_VISIBLE_DEVICES" not in os.environ or os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


class ClusterStrategy:
    """The part of a strategy that `is_chief` uses."""

    def __init__(self, cluster, kind, index):
        self.cluster_resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec(cluster), task_type=kind, task_id=index
        )


@pytest.mark.parametrize(
    ("cluster", "kind", "index", "expected"),
    [
        (CLUSTER, "worker", 0, True),
        (CLUSTER, "worker", 1, False),
        ({"chief": ["a:1"], **CLUSTER}, "chief", 0, True),
        ({"chief": ["a:1"], **CLUSTER}, "worker", 0, False),
    ],
)
def test_first_worker_or_chief_is_the_chief(cluster, kind, index, expected):
    assert is_chief(ClusterStrategy(cluster, kind, index)) is expected


def test_batch_size_must_be_a_multiple_of_the_replicas():
    assert check_batch(strategy_for("one"), 7) == 7
    with pytest.raises(ValueError, match="batch_size"):
        check_batch(strategy_for("one"), 0)
    lines = (
        "import tensorflow as tf",
        "from keras_nonlocal.training.distributed.strategies import check_batch, strategy_for",
        "cpu, = tf.config.list_physical_devices('CPU')",
        "pieces = [tf.config.LogicalDeviceConfiguration()] * 2",
        "tf.config.set_logical_device_configuration(cpu, pieces)",
        "strategy = strategy_for('mirrored')",
        "print(check_batch(strategy, 8))",
        "check_batch(strategy, 7)",
    )
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "4\n"
    assert "multiple of the number of replicas, 2. Received: batch_size=7" in ended.stderr
