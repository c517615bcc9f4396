"""Two workers of one core each, against one process of two cores: a step on the same batch.

python tests/benchmarks/workers.py [--rounds ROUNDS] [--only NETWORK]
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from harness import Row, alternate, table

CASES = {
    "nl_i3d_small": {"batch": 8, "clip": (12, 64, 64, 3), "steps": 4},
    "nl_i3d_r50": {"batch": 2, "clip": (8, 112, 112, 3), "steps": 2},
}
STEPS_BEFORE = 2  # tracing, and the first use of each kernel


def train(name):
    """For each line that comes in, some steps; the seconds of each one go out, from the chief."""
    import keras
    import numpy as np
    import tensorflow as tf

    from keras_nonlocal import models
    from keras_nonlocal.training.distributed.fit import distributed_fit
    from keras_nonlocal.training.distributed.strategies import is_chief, strategy_for

    case = CASES[name]
    strategy = strategy_for("multiworker" if "TF_CONFIG" in os.environ else "one")
    with strategy.scope():
        model = getattr(models, name)(classes=10, input_shape=case["clip"])
        model.compile(keras.optimizers.SGD(1e-3, momentum=0.9), "sparse_categorical_crossentropy")

    def clips_of(part):
        own = case["batch"] // part[1]
        clips = np.random.default_rng(part[0]).normal(size=(own, *case["clip"])).astype("float32")
        return tf.data.Dataset.from_tensors((clips, np.arange(own))).repeat()

    class Turns(keras.callbacks.Callback):
        """Waits for a line before each epoch after the first."""

        def on_epoch_begin(self, epoch, logs=None):
            if epoch and not sys.stdin.readline():
                self.model.stop_training = True
            self._start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds = (time.perf_counter() - self._start) / case["steps"]
            if is_chief(strategy):
                print(json.dumps(seconds), flush=True)

    times = {"epochs": 10**6, "steps_per_epoch": case["steps"], "verbose": 0}
    distributed_fit(model, clips_of, strategy=strategy, callbacks=[Turns()], **times)


class Team:
    """Processes that train together, stopped between their turns."""

    def __init__(self, name, cores):
        with contextlib.ExitStack() as opened:
            sockets = [opened.enter_context(socket.socket()) for _ in cores]
            for each in sockets:
                each.bind(("127.0.0.1", 0))
            workers = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
        self._processes = []
        for index, own in enumerate(cores):
            task = {"type": "worker", "index": index}
            config = json.dumps({"cluster": {"worker": workers}, "task": task})
            self._processes.append(
                subprocess.Popen(
                    ["taskset", "-c", own, sys.executable, __file__, "--train", name],
                    env={**os.environ, **({"TF_CONFIG": config} if len(cores) > 1 else {})},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        self._answers()

    def _answers(self):
        return json.loads(self._processes[0].stdout.readline())

    def __call__(self):
        for process in self._processes:
            print(file=process.stdin, flush=True)
        return self._answers()

    def close(self):
        for process in self._processes:
            process.kill()
            process.wait()


def row(name, rounds):
    with contextlib.ExitStack() as opened:
        teams = {
            how: opened.enter_context(contextlib.closing(Team(name, cores)))
            for how, cores in {"two": ["0", "1"], "one": ["0,1"]}.items()
        }
        seconds = alternate(teams, rounds, warm_up=STEPS_BEFORE)
    return Row(f"{name}: two workers / one process", seconds["two"], seconds["one"], 0.8)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--train", choices=CASES, help="be one of the processes")
    arguments = parser.parse_args()
    if arguments.train:
        train(arguments.train)
        return
    names = [arguments.only] if arguments.only else list(CASES)
    print(table([row(name, arguments.rounds) for name in names]))


if __name__ == "__main__":
    main()
