"""Training by a recipe against bare loops, and how soon it begins.

python tests/benchmarks/training.py [--rounds 5] [--size 224] [--masks CAMVID]

With `--masks`, a small segmentation network is trained instead of a video network.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from harness import Row, alternate, table
from videos import make_video

from keras_nonlocal.tasks.recipes import find_recipe
from keras_nonlocal.tasks.segmentation import Segmentation
from keras_nonlocal.tasks.train import train
from keras_nonlocal.tasks.video_classification.task import VideoClassification
from keras_nonlocal.training import fit
from keras_nonlocal.training.optimizers.factory import optimizer
from keras_nonlocal.training.optimizers.schedules import learning_rate
from keras_nonlocal.video.samples import synthetic_task

STEPS, BATCH = 12, 2


class StepTimes(keras.callbacks.Callback):
    """Seconds of each step, its input included, from the end of the one before."""

    def on_train_begin(self, logs=None):
        self.seconds, self._last = [], None

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if self._last is not None:
            self.seconds.append(now - self._last)
        self._last = now

    def median(self):
        return statistics.median(self.seconds)


def compiled(task):
    """The model that `fit` would train."""
    trainer, recipe = task.build().trainer, task.recipe
    rate = learning_rate(recipe, steps_per_epoch=1)
    trainer.compile(optimizer(recipe, rate, trainer), task.loss(), metrics=task.metrics())
    return trainer


def by_recipe(recipe, videos):
    times = StepTimes()
    train(recipe, videos, callbacks=[times], verbose=0)
    return times.median()


def in_memory(trainer, batch):
    trainer.train_on_batch(*batch)
    seconds = []
    for _ in range(STEPS):
        start = time.perf_counter()
        trainer.train_on_batch(*batch)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def speed(rounds, size, folder):
    videos = [
        (make_video(folder / f"{number}.mp4", picture="testsrc2", size=(340, 256), gop=12), number)
        for number in range(2)
    ]
    recipe = find_recipe("nl_i3d_r50_32x2").changed(
        weights=None,
        steps=STEPS + 2,
        schedule="constant",
        milestones=(),
        batch_size=BATCH,
        precise_bn_batches=0,
        size=(size, size),
        short_side=(256 * size // 224, 320 * size // 224),
    )
    task = VideoClassification(recipe, videos)
    trainer = compiled(task)
    batch = next(iter(task.batches()))
    found = {"ours": [], "memory": []}
    for number in range(rounds):
        found["ours"].append(by_recipe(recipe, videos))
        found["memory"].append(in_memory(trainer, batch))
        print(f"round {number + 1}: {found['ours'][-1]:.3f} s, {found['memory'][-1]:.3f} s")
    name = f"NL-I3D R50, {BATCH} clips of 32x{size}x{size}: recipe, train_on_batch in memory"
    return Row(name, found["ours"], found["memory"], bar=0.95)


def segmentation_speed(rounds, folder):
    """`fit` against `train_on_batch` in a loop over the same stream of batches."""
    recipe = find_recipe("camvid_cpu").changed(
        builder="nl_fcn_small", steps=STEPS * 2, schedule="constant", warmup=0, precise_bn_batches=0
    )
    task = Segmentation(recipe, folder, split="train")
    trainer = compiled(task)

    def bare():
        times = StepTimes()
        times.on_train_begin()
        for _, batch in zip(range(recipe.steps), task.batches(), strict=False):
            trainer.train_on_batch(*batch)
            times.on_train_batch_end(0)
        return times.median()

    def ours():
        times = StepTimes()
        fit(task, verbose=0, report=False, callbacks=[times])
        return times.median()

    seconds = alternate({"ours": ours, "bare": bare}, rounds, warm_up=1)
    return Row("nl_fcn_small, CPU recipe: fit, bare loop", *seconds.values(), bar=0.95)


def first_step(folder):
    """Seconds from the start of the command to its first step, as its progress bar tells."""
    synthetic_task.write_videos(folder / "flashes", 20, num_frames=16, size=(64, 64))
    command = [
        sys.executable,
        "-m",
        "keras_nonlocal",
        "train",
        "CARD",
        "--data",
        folder / "flashes",
    ]
    command[4] = Path(__file__).resolve().parents[2] / "zoo/nl_i3d_small_weizmann/recipe.json"
    command += ["-o", folder / f"run{time.monotonic_ns()}", "--set", "epochs=6"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        shown = b""
        while b"1/2" not in shown.split(b"Epoch 1/6")[-1]:
            shown += process.stdout.read1(100)
            assert process.poll() is None, shown.decode()
        seconds = time.perf_counter() - start
        process.kill()
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--masks", metavar="CAMVID", help="train on these images with masks")
    arguments = parser.parse_args()
    if arguments.masks:
        print(table([segmentation_speed(arguments.rounds, arguments.masks)]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(table([speed(arguments.rounds, arguments.size, folder)]))
        starts = [first_step(folder) for _ in range(3)]
        print(f"keras-nonlocal train, small network, to its first step: {min(starts):.1f} to")
        print(f"{max(starts):.1f} s, median {statistics.median(starts):.1f} s (bar 15 s)")


if __name__ == "__main__":
    main()
