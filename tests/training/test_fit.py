"""Training from files: it learns, it can be repeated, and its folder tells what happened."""

import csv
import json
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from training.squares import CLASSES, write_squares

from keras_nonlocal import models
from keras_nonlocal.data import prepare, read_clips, read_source, write_manifest
from keras_nonlocal.training import Recipe, change_recipe, read_recipe, read_run, train

pytestmark = pytest.mark.slow  # a dozen trainings, each of which is traced

RECIPE = Recipe(
    "nl_c2d_small",
    frames=2,
    stride=2,
    size=(24, 24),
    arguments={"variant": "slowfast", "blocks": 1, "dropout": 0.1},
    augmentation=({"layer": "RandomNoise", "deviation": 3.0},),
    epochs=4,
    batch_size=4,
    learning_rate=0.01,
    test_clips=2,
)


def fit(recipe, source, folder=None, **options):
    return train(recipe, source, folder, **{"verbose": 0, "report": False, **options})


def state(folder):
    """What lies in a folder, and what is in it."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def assert_same_weights(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture
def eager():
    """Without graphs, which take longer to make than a few steps take to run."""
    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Even though the `tf.config")  # tf.data has some
        yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("videos"), 8)


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("unseen"), 6, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs") / "squares"


@pytest.fixture(scope="module")
def trained(videos, unseen, folder):
    """A whole run, with a test after each epoch, and a report."""
    recipe = RECIPE.changed(epochs=25, schedule="cosine")
    return fit(recipe, videos, folder, validation=unseen, report=True)


@pytest.fixture(scope="module")
def short(videos):
    """A run without a folder."""
    return fit(RECIPE.changed(epochs=1), videos)


def test_it_learns_what_holds_for_videos_it_has_not_seen(trained):
    assert trained.history[-1]["val_video_top1"] == 1.0
    assert trained.history[-1]["loss"] < trained.history[0]["loss"] / 2
    assert trained.class_names == CLASSES


def test_two_runs_of_one_seed_have_identical_weights(short, videos):
    assert_same_weights(short.model, fit(RECIPE.changed(epochs=1), videos).model)


@pytest.mark.usefixtures("eager")
def test_a_run_of_another_seed_has_other_weights(short, videos):
    other = fit(RECIPE.changed(epochs=1, seed=1), videos).model
    kernels = (model.get_layer("conv1_conv").kernel.numpy() for model in (short.model, other))
    assert np.abs(np.subtract(*kernels)).max() > 1e-3


def test_the_folder_holds_the_run_and_nothing_else(trained, folder):
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
    assert (data["clips"], data["class_names"], data["multi_label"]) == (8, list(CLASSES), False)


def test_metrics_are_rows_of_epochs_and_the_same_in_both_files(trained, folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    with open(folder / "metrics.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [{name: float(cell) for name, cell in row.items()} for row in table] == rows
    assert rows == trained.history
    assert [row["epoch"] for row in rows] == list(range(1, 26))
    assert [row["step"] for row in rows] == list(range(2, 51, 2))
    assert {"loss", "clip_top1", "learning_rate", "seconds", "val_video_top1"} <= rows[0].keys()
    rate = 0.01 * (1 + np.cos(np.pi * 24 / 50)) / 2  # half a cosine over 50 steps
    assert rows[11]["learning_rate"] == pytest.approx(rate, rel=1e-5)


def test_the_builder_takes_the_weights(trained, folder):
    last = models.nl_c2d_small(
        weights=folder / "last.weights.h5", classes=2, variant="slowfast", blocks=1
    )
    assert_same_weights_of_layers(last, trained.model)


def assert_same_weights_of_layers(one, other):
    for layer in one.layers:
        if layer.weights and layer.name != "dropout":
            assert_same_weights(layer, other.get_layer(layer.name))


def probabilities(run, path):
    clips = read_clips(path, run.recipe.test_clip)
    return run.model.predict(prepare(clips, **run.recipe.preparation), verbose=0)


def test_a_run_that_is_read_gives_the_same_probabilities(trained, folder, unseen):
    path = unseen / "dark" / "1.mp4"
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
def test_the_best_weights_are_those_of_the_first_best_epoch(videos, unseen, tmp_path):
    kept = []

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kept.append((logs["val_video_top1"], self.model.get_weights()))

    fit(RECIPE.changed(epochs=6), videos, tmp_path / "run", validation=unseen, callbacks=[Keep()])
    best = read_run(tmp_path / "run")
    scores = [score for score, _ in kept]
    weights = kept[int(np.argmax(scores))][1]
    for one, other in zip(best.model.get_weights(), weights, strict=True):
        if one.dtype.kind == "f":  # and not the dropout's seed
            np.testing.assert_array_equal(one, other)
    assert accuracy(best, unseen) == pytest.approx(max(scores))
    assert [row["val_video_top1"] for row in best.history] == scores


def test_the_same_call_does_not_train_a_run_again_that_is_done(trained, videos, unseen, folder):
    class Never(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            raise AssertionError("it trained")

    before = state(folder)
    again = fit(
        trained.recipe, str(videos), folder, validation=unseen, report=True, callbacks=[Never()]
    )
    assert_same_weights_of_layers(again.model, trained.model)
    assert again.history == trained.history
    assert state(folder) == before


@pytest.mark.usefixtures("eager")
def test_a_report_that_is_missing_is_written_by_the_same_call(videos, unseen, tmp_path):
    options = {"folder": tmp_path / "run", "validation": unseen}
    fit(RECIPE.changed(epochs=1), videos, **options)
    assert not (tmp_path / "run" / "report.html").exists()
    fit(RECIPE.changed(epochs=1), videos, report=True, **options)
    assert (tmp_path / "run" / "confusion.png").exists()  # the network was tested once more


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("epochs", "30", r"recipe\.json is of another run.*\n  epochs: there 25, now 30"),
        ("arguments.blocks", "0", r"recipe\.json is of another run.*\n  arguments: there"),
    ],
)
def test_another_recipe_is_refused_and_nothing_changes(
    field, text, message, trained, videos, folder
):
    before = state(folder)
    with pytest.raises(ValueError, match=message):
        fit(change_recipe(trained.recipe, {field: text}), videos, folder)
    assert state(folder) == before


def test_other_data_are_refused_and_nothing_changes(trained, unseen, folder):
    before = state(folder)
    with pytest.raises(ValueError, match=r"data\.json is of another.*\n  clips: there 8, now 6"):
        fit(trained.recipe, unseen, folder)
    assert state(folder) == before


@pytest.mark.usefixtures("eager")
def test_a_recipe_of_lists_goes_on_as_one_of_tuples(videos, tmp_path):
    given = RECIPE.changed(
        epochs=1, size=[24, 24], arguments={**RECIPE.arguments, "blocks": {"res3": (1,)}}
    )
    fit(given, videos, tmp_path / "run")
    fit(read_recipe(tmp_path / "run" / "recipe.json"), videos, tmp_path / "run")
    assert len(fit(given, videos, tmp_path / "run").history) == 1


def test_a_folder_of_other_things_is_refused_and_stays(videos, tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(ValueError, match="holds something else than a training run"):
        fit(RECIPE, videos, tmp_path)
    assert state(tmp_path) == {"thesis.txt": b"all of it"}


WRONG = {
    "builder": ({"arguments.variant": "nobody"}, {}, "`variant` must be one of"),
    "argument": ({"arguments.blcks": "1"}, {}, "`arguments` must be arguments of nl_c2d_small"),
    "weights": ({"weights": "nobody"}, {}, "`weights` of nl_c2d_small must be"),
    "classes": ({}, {"source": "bright"}, "no classes to learn"),
    "split": ({}, {"split": "train"}, "`split` must be one of"),
    "validation": ({}, {"validation_split": "val"}, "`split` must be one of"),
    "strategy": ({}, {"strategy": "two"}, "`strategy` must be one of"),
    "checkpoints": ({}, {"checkpoint_every": 0}, "`checkpoint_every` must be a positive integer"),
}


@pytest.mark.parametrize(("changes", "options", "message"), WRONG.values(), ids=WRONG)
def test_a_call_that_is_wrong_leaves_no_folder(changes, options, message, videos, tmp_path):
    source = videos / options.pop("source", ".")
    with pytest.raises(ValueError, match=message):
        fit(change_recipe(RECIPE, changes), source, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("eager")
def test_callbacks_see_the_test_and_may_stop_the_run(videos, unseen, tmp_path):
    stop = keras.callbacks.EarlyStopping("val_video_top1", mode="max", patience=1, min_delta=2.0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Early stopping conditioned on metric")
        run = fit(RECIPE, videos, tmp_path / "run", validation=unseen, callbacks=[stop])
    assert len(run.history) == 2
    assert len(read_run(tmp_path / "run").history) == 2


SWITCHES = {
    "sgd": {
        "momentum": 0.5,
        "nesterov": False,
        "clip_norm": 1.0,
        "augmentation": ({"layer": "MixUp", "classes": 2},),
        "label_smoothing": 0.1,
    },
    "adamw": {"optimizer": "adamw", "learning_rate": 1e-3, "clip_norm": 1.0},
    "rescaled": {"rescale_momentum": True, "schedule": "steps", "drops": (1,)},
    "precise": {"precise_norm_batches": 2, "steps": 3, "epochs": None},
    "bfloat16": {"precision": "mixed_bfloat16"},
}


@pytest.mark.usefixtures("eager")
@pytest.mark.slow
@pytest.mark.parametrize("changes", SWITCHES.values(), ids=SWITCHES)
def test_what_a_recipe_switches_on_runs_and_changes_the_weights(changes, short, videos, tmp_path):
    recipe = RECIPE.changed(**{"epochs": 2, **changes})
    run = fit(recipe, videos, tmp_path / "run")
    assert [row["step"] for row in run.history] == ([2, 3] if recipe.steps else [2, 4])
    assert all(np.isfinite(row["loss"]) for row in run.history)
    layers = [model.get_layer("conv1_conv") for model in (run.model, short.model)]
    assert not np.array_equal(*(layer.kernel.numpy() for layer in layers))
    assert read_run(tmp_path / "run").recipe == recipe


@pytest.mark.usefixtures("eager")
def test_momenta_shrink_with_the_rate_where_the_recipe_says_so(videos):
    changes = {"epochs": 2, "schedule": "steps", "drops": (1,), "drop_factor": 1e-6}
    found = {}

    class Moved(keras.callbacks.Callback):
        """How far the weights move in the step after the drop."""

        def on_train_batch_begin(self, batch, logs=None):
            self.before = self.model.get_layer("conv1_conv").kernel.numpy()

        def on_train_batch_end(self, batch, logs=None):
            after = self.model.get_layer("conv1_conv").kernel.numpy()
            found.setdefault(key, []).append(np.abs(after - self.before).max())

    for key in (False, True):
        fit(RECIPE.changed(**changes, rescale_momentum=key), videos, callbacks=[Moved()])
    assert found[False][:2] == found[True][:2]
    assert found[True][2] < 1e-3 * found[False][2]


@pytest.mark.usefixtures("eager")
def test_precise_norms_are_the_statistics_of_clips_and_not_moving_averages(videos):
    recipes = (RECIPE.changed(epochs=1, precise_norm_batches=count) for count in (2, 0))
    models = [fit(recipe, videos).model for recipe in recipes]
    variances = [model.get_layer("conv1_norm").moving_variance.numpy() for model in models]
    kernels = [model.get_layer("conv1_conv").kernel.numpy() for model in models]
    np.testing.assert_array_equal(*kernels)
    assert np.abs(variances[1] - 1).max() < np.abs(variances[0] - 1).max()  # they began at one


@pytest.mark.usefixtures("eager")
def test_videos_of_several_classes_train_from_a_table(videos, unseen, tmp_path):
    paths = sorted(videos.glob("*/*.mp4"))
    labels = {"bright": ["bright", "square"], "dark": ["dark", "square"]}
    manifest = read_source([(path, labels[path.parent.name]) for path in paths])
    write_manifest(manifest, tmp_path / "videos.csv")
    recipe = RECIPE.changed(multi_label=True, epochs=1)
    source = str(tmp_path / "videos.csv")
    run = fit(recipe, source, tmp_path / "run", validation=source, report=True)
    assert run.class_names == ("bright", "dark", "square")
    assert 0 < run.history[-1]["val_mean_average_precision"] <= 1
    assert (tmp_path / "run" / "best.weights.h5").exists()
    sums = probabilities(run, paths[0]).sum(axis=1)
    assert np.abs(sums - 1).min() > 0.01  # a sigmoid each


def test_videos_of_several_classes_need_a_recipe_for_them(videos, tmp_path):
    several = [(path, ["a", "b"]) for path in videos.glob("*/*.mp4")]
    with pytest.raises(ValueError, match="Set `multi_label` to true"):
        fit(RECIPE, several, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("eager")
def test_weights_that_are_not_there_are_named(trained, videos, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent.*Missing: recipe\.json, data\.json"):
        read_run(tmp_path / "absent")
    fit(RECIPE.changed(epochs=1), videos, tmp_path / "run")
    with pytest.raises(FileNotFoundError, match=r"Missing: best\.weights\.h5$"):
        read_run(tmp_path / "run", weights="best")
    with pytest.raises(ValueError, match="`weights` must be one of None, 'best', 'last'"):
        read_run(tmp_path / "run", weights="first")


@pytest.mark.usefixtures("eager")
def test_a_run_writes_nowhere_without_a_folder(videos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = fit(RECIPE.changed(epochs=1), videos, report=True)
    assert list(tmp_path.iterdir()) == []
    assert len(run.history) == 1
