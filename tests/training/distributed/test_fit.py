"""Several workers give the result of a single process, also after one of them was killed.

The workers are real processes on this machine, which run `one_worker.py`.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from training.distributed import one_worker

from keras_nonlocal.training.distributed.fit import distributed_fit
from keras_nonlocal.training.distributed.strategies import strategy_for

pytestmark = pytest.mark.slow  # many processes, 90 seconds in total
HERE = Path(__file__).parent
TIMEOUT = 240  # seconds, enough for a busy machine


def start(script, *arguments, core=0, **environment):
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    pin = ["taskset", "-c", str(cores[core % len(cores)])] if cores else []
    paths = [str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return subprocess.Popen(
        [*pin, sys.executable, HERE / script, *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Ended:
    """The output of a process that has ended."""

    def __init__(self, process, out):
        self.output, self.errors = process.communicate(timeout=TIMEOUT)
        self.status, self._out, self.time = process.returncode, out, time.monotonic()

    @property
    def result(self):
        assert self.status == 0, self.errors
        return json.loads(self.output)

    @property
    def state(self):
        assert self.status == 0, self.errors
        with np.load(self._out) as file:
            return [file[name] for name in file.files]


def two_workers(folder, runs, first=(), second=()):
    """Starts two workers with their folders of the run, and waits for both."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (one, other)]
    processes, outs = [], [folder / "0.npz", folder / "1.npz"]
    for index, options in enumerate((first, second)):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": addresses}, "task": task})
        given = ("multiworker", runs[index], outs[index], *options)
        processes.append(start("one_worker.py", *given, core=index, TF_CONFIG=config))
    try:
        return [Ended(*pair) for pair in zip(processes, outs, strict=True)]
    finally:
        for process in processes:
            process.kill()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return [tmp_path_factory.mktemp("chief"), tmp_path_factory.mktemp("other")]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, folders):
    return two_workers(tmp_path_factory.mktemp("out"), folders)


@pytest.fixture(scope="module")
def single_process():
    """A single process, with Keras's own `fit` on whole batches."""
    model = one_worker.compiled(one_worker.momentum())
    logs = model.fit(
        one_worker.batches_from(0, (0, 1)),
        epochs=one_worker.EPOCHS,
        steps_per_epoch=one_worker.STEPS,
        shuffle=False,
        verbose=0,
    ).history
    return one_worker.state(model), logs


def test_two_workers_equal_a_single_process(uninterrupted, single_process):
    for worker in uninterrupted:
        for ours, expected in zip(worker.state, single_process[0], strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_logs_cover_all_clips_and_are_the_same_on_all_workers(uninterrupted, single_process):
    logs, others = (worker.result["logs"] for worker in uninterrupted)
    assert logs == others
    assert set(logs) == {"loss", "accuracy"}
    for name, values in logs.items():
        np.testing.assert_allclose(values, single_process[1][name], atol=1e-5)


def test_only_the_chief_writes_files(uninterrupted, folders):
    assert [worker.result["begin"] for worker in uninterrupted] == [0, 0]
    assert [os.listdir(folder) for folder in folders] == [["last.npz"], []]


def test_resume_after_a_killed_worker_gives_the_same_bits(uninterrupted, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    chief, killed = two_workers(tmp_path, (run, run), second=("--die-at", 6))
    assert killed.status == -9
    assert chief.status == 1
    assert "ConnectionError: Another worker has stopped" in chief.errors
    assert "Start all workers again" in chief.errors
    again = two_workers(tmp_path, (run, run))
    for worker, expected in zip(again, uninterrupted, strict=True):
        assert worker.result["begin"] == 1
        for value, other in zip(worker.state, expected.state, strict=True):
            np.testing.assert_array_equal(value, other)


def test_all_workers_stop_after_the_same_step(tmp_path):
    for worker in two_workers(tmp_path, (tmp_path, tmp_path), second=("--stop-at", 2)):
        assert worker.result["epochs"] == [0]
        assert worker.result["updates"] == 2
        assert worker.result["stopped"]


def test_workers_with_different_checkpoints_are_an_error(uninterrupted, folders, tmp_path):
    checkpoint = folders[0] / "last.npz"
    (tmp_path / "last.npz").write_bytes(checkpoint.read_bytes())
    empty = tmp_path / "not shared"
    empty.mkdir()
    for worker in two_workers(tmp_path, (tmp_path, empty)):
        assert worker.status == 1
        assert "all of them can read the same folder" in worker.errors
        assert "[[12, 3, 4], [0, 0, 4]]" in worker.errors


def test_two_replicas_equal_one_for_each_optimizer_and_a_recipe():
    ended = Ended(start("fit_on_two_replicas.py"), None)
    optimizers = {"momentum", "adamw", "global norm", "norm", "value", "scaled"}
    assert set(ended.result) == {*optimizers, "recipe"}
    assert max(ended.result.values()) < 1e-5, ended.result


class Calls(keras.callbacks.Callback):
    """Records its calls."""

    def __init__(self):
        super().__init__()
        self.noted = []
        for name in ("train", "epoch", "train_batch"):
            for when in ("begin", "end"):
                setattr(self, f"on_{name}_{when}", self._note(f"{name} {when}"))

    def _note(self, name):
        def note(*arguments, logs=None):
            *numbers, logs = (*arguments, logs) if logs is not None else (*arguments, {})
            self.noted.append((name, *(n for n in numbers if isinstance(n, int))))

        return note


TIMES = {"epochs": 3, "initial_epoch": 1, "steps_per_epoch": 2, "verbose": 0}


def test_callbacks_are_called_in_the_order_of_keras():
    noted = []
    for way in ("ours", "keras"):
        model, calls = one_worker.compiled(one_worker.momentum()), Calls()
        if way == "ours":
            distributed_fit(
                model,
                lambda shard: one_worker.batches_from(0, shard),
                strategy=strategy_for("one"),
                callbacks=[calls],
                **TIMES,
            )
        else:
            model.fit(one_worker.batches_from(0, (0, 1)), shuffle=False, callbacks=[calls], **TIMES)
        noted.append(calls.noted)
    assert noted[0] == noted[1]
    assert ("epoch end", 2) in noted[0]


def test_custom_train_step_is_an_error():
    class Other(keras.Model):
        def train_step(self, data):
            return {}

    with pytest.raises(ValueError, match="Keras's own `train_step`"):
        distributed_fit(Other(), lambda shard: None, strategy=strategy_for("one"), **TIMES)
