"""A stopped run resumes by the same call, wherever and however it was stopped."""

import json
import os
import shutil

import keras
import numpy as np
import pytest
from training.helpers import RECIPE, eagerly, fit, state
from training.video_files import write_squares

from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.training import callbacks
from keras_nonlocal.utils.atomic_files import only_process

pytestmark = pytest.mark.usefixtures("eager")
TWO = RECIPE.changed(epochs=2)  # each has two steps


@pytest.fixture
def own_videos(tmp_path):
    """A folder that a test may move or damage."""
    return write_squares(tmp_path / "videos", 8)


class StopAt(keras.callbacks.Callback):
    """Stops a run after a batch, as a callback with a time limit does."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch == self.batch


class InterruptAfter(keras.callbacks.Callback):
    """Interrupts a run after a batch, as Ctrl-C does."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.batch + 1:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def stopped_once(videos, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with eagerly():
        fit(TWO, videos, folder, callbacks=[StopAt(0)])
    return folder


@pytest.fixture
def stopped(stopped_once, tmp_path):
    """The folder of a run of `TWO` that stopped after the first step; a copy for each test."""
    return shutil.copytree(stopped_once, tmp_path / "run")


def epochs_and_steps(folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [(row["epoch"], row["step"]) for row in rows]


def test_a_stopped_epoch_has_one_row_after_resuming(videos, stopped):
    assert epochs_and_steps(stopped) == [(1, 1)]
    fit(TWO, videos, stopped, report=True)
    assert epochs_and_steps(stopped) == [(1, 2), (2, 4)]
    assert (stopped / "report.html").exists()


def test_metrics_of_a_stopped_epoch_cover_all_its_steps(videos, tmp_path):
    recipe = RECIPE.changed(epochs=2, batch_size=2, schedule="steps", milestones=(1,))
    whole = fit(recipe, videos).history
    folder, options = tmp_path / "run", {"checkpoint_every_n_steps": 1}
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, videos, folder, callbacks=[InterruptAfter(0)], **options)  # after step 1
    fit(recipe, videos, folder, callbacks=[StopAt(0)])  # after step 2
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, videos, folder, callbacks=[InterruptAfter(1)], **options)  # after step 4
    stopped = fit(recipe, videos, folder).history
    assert [row["learning_rate"] for row in stopped] == pytest.approx([0.01, 0.001])
    for row, expected in zip(stopped, whole, strict=True):
        del row["seconds"], expected["seconds"]
        assert row == pytest.approx(expected, rel=1e-5)


def test_files_that_lag_behind_the_checkpoint_are_updated(videos, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    fit(TWO, videos, folder, callbacks=[StopAt(1)])  # its last weights are those of step 2

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(callbacks, "write_metrics", interrupt)
        with pytest.raises(KeyboardInterrupt):
            fit(TWO, videos, folder)
    assert epochs_and_steps(folder) == [(1, 2)]
    before = (folder / "last.weights.h5").read_bytes()
    run = fit(TWO, videos, folder)
    assert epochs_and_steps(folder) == [(1, 2), (2, 4)]
    assert (folder / "last.weights.h5").read_bytes() != before
    for one, other in zip(
        read_run(folder).model.trainable_variables, run.model.trainable_variables, strict=True
    ):
        assert (one.numpy() == other.numpy()).all()


def test_resume_with_moved_videos_and_without_initial_weights(own_videos, short, tmp_path):
    folder, start = tmp_path / "run", tmp_path / "start.weights.h5"
    short.model.save_weights(start)
    recipe = TWO.changed(weights=str(start))
    fit(recipe, own_videos, folder, callbacks=[StopAt(1)])
    start.unlink()
    (tmp_path / "elsewhere").mkdir()
    moved = own_videos.rename(tmp_path / "elsewhere" / own_videos.name)
    fit(recipe, moved, folder)
    assert epochs_and_steps(folder) == [(1, 2), (2, 4)]


def test_changed_videos_are_an_error(own_videos, stopped, tmp_path):
    same_names = write_squares(tmp_path / "other", 8, seed=1)
    with pytest.raises(ValueError, match="examples: they, their names, labels"):
        fit(TWO, same_names, stopped)
    first = min(own_videos.glob("*/*.mp4"))
    first.rename(first.with_name("other.mp4"))
    with pytest.raises(ValueError, match="examples: they, their names, labels"):
        fit(TWO, own_videos, stopped)


def test_validation_videos_must_stay_the_same(videos, validation_videos, stopped):
    folder, later = stopped, {"validation": validation_videos}  # validation may start later
    fit(TWO, videos, folder, callbacks=[StopAt(0)], **later)
    before = state(folder)
    for validation in (None, videos):
        with pytest.raises(ValueError, match=r"validation examples: .* or they are missing now"):
            fit(TWO, videos, folder, validation=validation)
    assert state(folder) == before
    fit(TWO, videos, folder, **later)
    assert epochs_and_steps(folder) == [(1, 2), (2, 4)]


def test_missing_validation_videos_are_an_error_before_training(videos, own_videos, tmp_path):
    listed = [(path, path.parent.name) for path in own_videos.glob("*/*.mp4")]
    listed[0][0].unlink()
    with pytest.raises(ValueError, match="1 files are missing"):
        fit(TWO, videos, tmp_path / "run", validation=listed)
    assert not (tmp_path / "run").exists()


def test_best_weights_of_a_multi_label_recipe_with_single_label_validation(
    videos, validation_videos, tmp_path
):
    recipe = RECIPE.changed(epochs=1, multi_label=True)
    fit(recipe, videos, tmp_path / "run", validation=validation_videos)
    assert "val_top1" in read_run(tmp_path / "run", weights="best").history[0]


def test_a_second_training_in_a_folder_is_an_error_and_changes_nothing(videos, stopped):
    folder = stopped
    before = (folder / "checkpoint.npz").read_bytes()
    with (
        only_process(folder),
        pytest.raises(BlockingIOError, match=rf"run: process {os.getpid()} on \S+\. Wait"),
    ):
        fit(TWO, videos, folder)
    assert (folder / "checkpoint.npz").read_bytes() == before
    fit(TWO, videos, folder)
    assert epochs_and_steps(folder)[-1] == (2, 4)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


WRONG_NOTES = {
    "text": ("step", "two", "`step` must be of type int. Received: 'two'"),
    "no rows": ("history", 3, "`history` must be a list. Received: 3"),
    "row": ("history", [{"epoch": "1"}], "`history` must be rows of numbers"),
    "epoch": ("partial_epoch", {"steps": None}, "`partial_epoch`, `steps` must be of type int"),
}


@pytest.mark.parametrize(("name", "value", "message"), WRONG_NOTES.values(), ids=WRONG_NOTES)
def test_notes_of_a_checkpoint_with_other_types_are_named(videos, stopped, name, value, message):
    file = stopped / "checkpoint.npz"
    with np.load(file) as saved:
        arrays = dict(saved)
    notes = {**json.loads(str(arrays["metadata"])), name: value}
    np.savez(file, **{**arrays, "metadata": np.array(json.dumps(notes))})
    with pytest.raises(ValueError, match=rf"^The notes in .*checkpoint\.npz.*{message}"):
        fit(TWO, videos, stopped)
