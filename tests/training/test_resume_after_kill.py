"""A run that is killed or fails resumes from its last checkpoint, and ends with the same bits."""

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from training.run_script import RECIPE
from training.video_files import write_noise

from keras_nonlocal.tasks.train import train
from keras_nonlocal.utils.errors import TrainingStopped

SCRIPT = Path(__file__).with_name("run_script.py")
# For a longer test set KERAS_NONLOCAL_KILLS=20.
KILLS = int(os.environ.get("KERAS_NONLOCAL_KILLS", "2"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_noise(tmp_path_factory.mktemp("videos"), 8, frames=12, size=(24, 32))


@pytest.fixture(scope="module")
def whole(videos, tmp_path_factory):
    """The folder of an uninterrupted run, and its duration."""
    folder, began = tmp_path_factory.mktemp("whole") / "run", time.monotonic()
    assert start(videos, folder).wait() == 0
    return folder, time.monotonic() - began


def start(videos, folder):
    with open(f"{folder}.log", "ab") as log:
        return subprocess.Popen([sys.executable, SCRIPT, videos, folder], stdout=log, stderr=log)


def killed_after(seconds, process):
    """Kills a process after some seconds, and returns whether it was still running."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL
    return False


def state(folder):
    """All arrays of the checkpoint, and its step."""
    with np.load(folder / "checkpoint.npz") as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(str(arrays.pop("metadata")))["step"]


def assert_same_end(folder, whole):
    (ours, step), (theirs, steps) = state(folder), state(whole)
    assert step == steps
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_resume_after_random_kills_gives_the_same_bits(videos, whole, tmp_path):
    finished, lasts = whole
    rng, kills, runs, steps = random.Random(0), 0, 1, []
    while kills < KILLS:
        folder = tmp_path / f"run{runs}"
        if not killed_after(rng.uniform(0, lasts), start(videos, folder)):
            assert_same_end(folder, finished)
            runs += 1
            continue
        kills += 1
        steps.append((runs, state(folder)[1] if (folder / "checkpoint.npz").exists() else 0))
    last = start(videos, folder)
    assert last.wait() == 0, Path(f"{folder}.log").read_text()
    assert_same_end(folder, finished)
    assert steps == sorted(steps)  # no run lost a checkpoint
    assert len((folder / "metrics.csv").read_text().splitlines()) == RECIPE.epochs + 1


class At(keras.callbacks.Callback):
    """Calls a function after some steps."""

    def __init__(self, step, do):
        super().__init__()
        self.left, self.do = step, do

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            self.do(self.model)


def stopped(videos, folder, do):
    """The message of a run that stopped because of `do`, called after its fifth step."""
    with pytest.raises(TrainingStopped) as error:
        short_run(videos, folder, callbacks=[At(5, do)])
    return str(error.value)


def set_to_nan(model):
    model.trainable_variables[0].assign(model.trainable_variables[0] * np.nan)


def short_run(videos, folder, **options):
    return train(
        RECIPE, videos, folder, checkpoint_every_n_steps=2, report=False, verbose=0, **options
    )


def test_full_disk_leaves_an_intact_checkpoint(videos, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(_):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))

    try:
        message = stopped(videos, tmp_path / "run", fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "File too large" in message
    assert "The checkpoint of step 4" in message
    assert state(tmp_path / "run")[1] == 4


@pytest.mark.slow
def test_resume_after_the_data_disappeared_gives_the_same_bits(videos, tmp_path):
    there, gone = tmp_path / "videos", tmp_path / "gone"
    shutil.copytree(videos, there)
    message = stopped(there, tmp_path / "run", lambda _: there.rename(gone))
    assert re.search(r"There is no file.*\.mp4", message)
    saved = state(tmp_path / "run")[1]
    assert f"The checkpoint of step {saved} in {tmp_path / 'run'} is intact" in message
    gone.rename(there)
    short_run(there, tmp_path / "run")
    short_run(there, tmp_path / "other")
    assert saved >= 4
    assert_same_end(tmp_path / "run", tmp_path / "other")


def test_loss_of_nan_stops_before_a_checkpoint_is_saved(videos, tmp_path):
    message = stopped(videos, tmp_path / "run", set_to_nan)
    assert "the loss became nan" in message
    assert "`learning_rate`" in message
    arrays, step = state(tmp_path / "run")
    assert step == 4
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_message_of_a_stopped_run_without_a_folder(videos):
    with pytest.raises(TrainingStopped, match=r"the loss became nan.*Nothing was saved"):
        train(RECIPE.changed(learning_rate=1e30, epochs=2), videos, verbose=0)


def test_damaged_checkpoint_is_an_error(videos, tmp_path):
    stopped(videos, tmp_path / "run", set_to_nan)
    path = tmp_path / "run" / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=r"\.npz is not a checkpoint: .*damaged\. Delete it"):
        short_run(videos, tmp_path / "run")
