"""A run that was stopped goes on by the same call, wherever and however it was stopped."""

import json

import keras
import pytest
from training.small_runs import RECIPE, fit, state
from training.squares import write_squares

from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.training import callbacks as parts

pytestmark = pytest.mark.usefixtures("eager")
TWO = RECIPE.changed(epochs=2)  # of two steps each


@pytest.fixture
def own_videos(tmp_path):
    """A folder that may be moved and spoilt."""
    return write_squares(tmp_path / "videos", 8)


class StopAt(keras.callbacks.Callback):
    """Ends a run after a batch, as a callback that watches the clock does."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch == self.batch


class Kill(keras.callbacks.Callback):
    """Ends a run in the batch after one, as Ctrl-C does."""

    def __init__(self, batch):
        super().__init__()
        self.batch = batch

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.batch + 1:
            raise KeyboardInterrupt


def epochs_and_steps(folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [(row["epoch"], row["step"]) for row in rows]


def test_an_epoch_that_a_callback_cut_short_has_one_row_in_the_end(videos, tmp_path):
    folder = tmp_path / "run"
    fit(TWO, videos, folder, callbacks=[StopAt(0)])
    assert epochs_and_steps(folder) == [(1, 1)]
    fit(TWO, videos, folder, report=True)
    assert epochs_and_steps(folder) == [(1, 2), (2, 4)]
    assert (folder / "report.html").exists()


@pytest.mark.parametrize("killed", [False, True])
def test_numbers_of_a_stopped_epoch_are_those_of_all_its_steps(videos, tmp_path, killed):
    recipe = RECIPE.changed(epochs=2, batch_size=2, schedule="steps", milestones=(1,))
    whole = fit(recipe, videos, tmp_path / "whole").history
    folder = tmp_path / "stopped"
    for batch in (0, 0, 1):  # after steps 1, 2 and 4
        if killed:
            with pytest.raises(KeyboardInterrupt):
                fit(recipe, videos, folder, callbacks=[Kill(batch)], checkpoint_every_n_steps=1)
        else:
            fit(recipe, videos, folder, callbacks=[StopAt(batch)])
    stopped = fit(recipe, videos, folder).history
    assert [row["learning_rate"] for row in stopped] == pytest.approx([0.01, 0.001])
    for row, expected in zip(stopped, whole, strict=True):
        del row["seconds"], expected["seconds"]
        assert row == pytest.approx(expected, rel=1e-5)


def test_what_comes_after_the_last_checkpoint_is_made_up_for(videos, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    fit(TWO, videos, folder, callbacks=[StopAt(1)])  # its last weights are those of step 2

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_metrics", killed)
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


def test_moved_videos_and_lost_start_weights_do_not_keep_it_from_going_on(
    own_videos, short, tmp_path
):
    folder, start = tmp_path / "run", tmp_path / "start.weights.h5"
    short.model.save_weights(start)
    recipe = TWO.changed(weights=str(start))
    fit(recipe, own_videos, folder, callbacks=[StopAt(1)])
    start.unlink()
    (tmp_path / "elsewhere").mkdir()
    moved = own_videos.rename(tmp_path / "elsewhere" / own_videos.name)
    fit(recipe, moved, folder)
    assert epochs_and_steps(folder) == [(1, 2), (2, 4)]


def test_other_videos_are_told_in_words(own_videos, tmp_path):
    folder = tmp_path / "run"
    fit(TWO, own_videos, folder, callbacks=[StopAt(0)])
    of_the_same_names = write_squares(tmp_path / "other", 8, seed=1)
    with pytest.raises(ValueError, match="examples: there others, or with other names"):
        fit(TWO, of_the_same_names, folder)
    first = min(own_videos.glob("*/*.mp4"))
    first.rename(first.with_name("other.mp4"))
    with pytest.raises(ValueError, match="examples: there others, or with other names"):
        fit(TWO, own_videos, folder)


def test_the_best_weights_are_chosen_by_the_same_videos_all_along(videos, unseen, tmp_path):
    folder = tmp_path / "run"
    fit(TWO, videos, folder, callbacks=[StopAt(0)])
    fit(TWO, videos, folder, callbacks=[StopAt(0)], validation=unseen)  # it may begin later
    before = state(folder)
    for validation in (None, videos):
        with pytest.raises(
            ValueError, match=r"examples for validation: there others.* or now none"
        ):
            fit(TWO, videos, folder, validation=validation)
    assert state(folder) == before
    fit(TWO, videos, folder, validation=unseen)
    assert epochs_and_steps(folder) == [(1, 2), (2, 4)]


def test_validation_videos_are_looked_at_before_the_first_step(videos, own_videos, tmp_path):
    listed = [(path, path.parent.name) for path in own_videos.glob("*/*.mp4")]
    listed[0][0].unlink()
    with pytest.raises(ValueError, match="1 files are missing"):
        fit(TWO, videos, tmp_path / "run", validation=listed)
    assert not (tmp_path / "run").exists()


def test_the_best_are_chosen_by_what_the_validation_videos_can_tell(videos, unseen, tmp_path):
    recipe = RECIPE.changed(epochs=1, multi_label=True)
    fit(recipe, videos, tmp_path / "run", validation=unseen)
    assert "val_top1" in read_run(tmp_path / "run", weights="best").history[0]
