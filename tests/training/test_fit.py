"""Training from files: the network learns, runs are reproducible, and the folder is complete."""

import csv
import json

import keras
import numpy as np
import pytest
from training.helpers import RECIPE, assert_same_weights, fit, probabilities, state
from training.video_files import CLASSES

from keras_nonlocal import models
from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.tasks.recipes import read_recipe
from keras_nonlocal.training.recipe_files import change_recipe

pytestmark = pytest.mark.slow  # a dozen trainings, each of which is traced

EPOCHS = 40  # enough for each of several seeds; 25 epochs are enough for three of four


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs") / "squares"


@pytest.fixture(scope="module")
def trained(videos, validation_videos, folder):
    """A complete run, with validation after each epoch, and a report."""
    recipe = RECIPE.changed(epochs=EPOCHS, schedule="cosine")
    return fit(recipe, videos, folder, validation=validation_videos, report=True)


def test_network_learns_and_generalizes(trained):
    assert trained.history[-1]["val_top1"] == 1.0
    assert trained.history[-1]["loss"] < trained.history[0]["loss"] / 2
    assert trained.class_names == CLASSES


@pytest.mark.usefixtures("eager")
def test_same_seed_gives_identical_weights(short, videos):
    assert_same_weights(short.model, fit(RECIPE.changed(epochs=1), videos).model)


@pytest.mark.usefixtures("eager")
def test_another_seed_gives_other_weights(short, videos):
    other = fit(RECIPE.changed(epochs=1, seed=1), videos).model
    kernels = (model.get_layer("conv1_conv").kernel.numpy() for model in (short.model, other))
    assert np.abs(np.subtract(*kernels)).max() > 1e-3


def test_files_of_a_run(trained, folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "best.weights.h5",
        "checkpoint.npz",
        "confusion.png",
        "curves.png",
        "data.json",
        "last.weights.h5",
        "metrics.csv",
        "metrics.jsonl",
        "per_class.png",
        "recipe.json",
        "report.html",
        "samples.png",
    ]
    assert read_recipe(folder / "recipe.json") == trained.recipe
    data = json.loads((folder / "data.json").read_text())
    assert (data["examples"], data["class_names"], data["multi_label"]) == (8, list(CLASSES), False)


def test_metrics_files_have_one_row_for_each_epoch(trained, folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    with open(folder / "metrics.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [{name: float(cell) for name, cell in row.items()} for row in table] == rows
    assert rows == trained.history
    assert [row["epoch"] for row in rows] == list(range(1, EPOCHS + 1))
    assert [row["step"] for row in rows] == list(range(2, 2 * EPOCHS + 1, 2))
    assert {"loss", "clip_top1", "learning_rate", "seconds", "val_top1"} <= rows[0].keys()
    rate = 0.01 * (1 + np.cos(np.pi * 23 / 80)) / 2  # at step 24 of a cosine over 80 steps
    assert rows[11]["learning_rate"] == pytest.approx(rate, rel=1e-5)


def test_builder_loads_the_weights(trained, folder):
    last = models.nl_c2d_small(
        weights=folder / "last.weights.h5", classes=2, variant="slowfast", blocks=1
    )
    assert_same_weights_of_layers(last, trained.model)


def assert_same_weights_of_layers(one, other):
    for layer in one.layers:
        if layer.weights and layer.name != "dropout":
            assert_same_weights(layer, other.get_layer(layer.name))


def test_read_run_gives_the_same_probabilities(trained, folder, validation_videos):
    path = validation_videos / "dark" / "1.mp4"
    read = read_run(folder, weights="last")
    np.testing.assert_array_equal(probabilities(read, path), probabilities(trained, path))
    assert (read.recipe, read.class_names) == (trained.recipe, trained.class_names)
    assert read.history == trained.history


def accuracy(run, videos):
    means = [
        (probabilities(run, path).mean(0).argmax(), CLASSES.index(path.parent.name))
        for path in videos.glob("*/*.mp4")
    ]
    return np.mean([found == label for found, label in means])


@pytest.mark.usefixtures("eager")
def test_best_weights_are_those_of_the_first_best_epoch(videos, validation_videos, tmp_path):
    epochs = []

    class RecordWeights(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            epochs.append((logs["val_top1"], self.model.get_weights()))

    fit(
        RECIPE.changed(epochs=6),
        videos,
        tmp_path / "run",
        validation=validation_videos,
        callbacks=[RecordWeights()],
    )
    best = read_run(tmp_path / "run")
    scores = [score for score, _ in epochs]
    weights = epochs[int(np.argmax(scores))][1]
    for one, other in zip(best.model.get_weights(), weights, strict=True):
        if one.dtype.kind == "f":  # excludes the seed of dropout
            np.testing.assert_array_equal(one, other)
    assert accuracy(best, validation_videos) == pytest.approx(max(scores))
    assert [row["val_top1"] for row in best.history] == scores


def test_a_finished_run_is_not_trained_again(trained, videos, validation_videos, folder):
    class FailOnTraining(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise AssertionError("it trained")

    before = state(folder)
    again = fit(
        trained.recipe,
        str(videos),
        folder,
        validation=validation_videos,
        report=True,
        callbacks=[FailOnTraining()],
    )
    assert_same_weights_of_layers(again.model, trained.model)
    assert again.history == trained.history
    assert state(folder) == before


@pytest.mark.usefixtures("eager")
def test_missing_report_is_written_by_the_same_call(videos, validation_videos, tmp_path):
    options = {"folder": tmp_path / "run", "validation": validation_videos}
    fit(RECIPE.changed(epochs=1), videos, **options)
    assert not (tmp_path / "run" / "report.html").exists()
    fit(RECIPE.changed(epochs=1), videos, report=True, **options)
    assert (tmp_path / "run" / "confusion.png").exists()  # the network was evaluated again


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        (
            "epochs",
            "30",
            r"recipe\.json belongs to another run.*\n  epochs: 40 in the folder, now 30",
        ),
        ("arguments.blocks", "0", r"recipe\.json belongs to another run.*\n  arguments: \{"),
    ],
)
def test_another_recipe_is_an_error_and_changes_nothing(
    field, text, message, trained, videos, folder
):
    before = state(folder)
    with pytest.raises(ValueError, match=message):
        fit(change_recipe(trained.recipe, {field: text}), videos, folder)
    assert state(folder) == before


def test_other_data_is_an_error_and_changes_nothing(trained, validation_videos, folder):
    before = state(folder)
    with pytest.raises(
        ValueError, match=r"data\.json belongs to another.*\n  examples: 8 in the folder, now 6"
    ):
        fit(trained.recipe, validation_videos, folder)
    assert state(folder) == before


@pytest.mark.usefixtures("eager")
def test_a_recipe_with_lists_resumes_as_one_with_tuples(videos, tmp_path):
    given = RECIPE.changed(
        epochs=1, size=[24, 24], arguments={**RECIPE.arguments, "blocks": {"res3": (0,)}}
    )
    fit(given, videos, tmp_path / "run")
    fit(read_recipe(tmp_path / "run" / "recipe.json"), videos, tmp_path / "run")
    assert len(fit(given, videos, tmp_path / "run").history) == 1


@pytest.mark.usefixtures("eager")
def test_missing_weights_are_named(trained, videos, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*absent' of a training run"):
        read_run(tmp_path / "absent")
    fit(RECIPE.changed(epochs=1), videos, tmp_path / "run")
    with pytest.raises(FileNotFoundError, match=r"Missing: best\.weights\.h5$"):
        read_run(tmp_path / "run", weights="best")
    with pytest.raises(ValueError, match="`weights` must be one of None, 'best', 'last'"):
        read_run(tmp_path / "run", weights="first")


@pytest.mark.usefixtures("eager")
def test_a_run_without_a_folder_writes_nothing(videos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = fit(RECIPE.changed(epochs=1), videos, report=True)
    assert list(tmp_path.iterdir()) == []
    assert len(run.history) == 1
