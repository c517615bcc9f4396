"""Options of a recipe and callbacks take effect in a run."""

import warnings

import keras
import numpy as np
import pytest
from training.helpers import RECIPE, fit, probabilities

from keras_nonlocal.data.sources import read_source, write_manifest
from keras_nonlocal.tasks.predictor import read_run

pytestmark = pytest.mark.slow  # a dozen trainings


@pytest.mark.usefixtures("eager")
def test_early_stopping_monitors_the_validation(videos, validation_videos, tmp_path):
    stop = keras.callbacks.EarlyStopping("val_top1", mode="max", patience=1, min_delta=2.0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Early stopping conditioned on metric")
        run = fit(RECIPE, videos, tmp_path / "run", validation=validation_videos, callbacks=[stop])
    assert len(run.history) == 2
    assert len(read_run(tmp_path / "run").history) == 2


OPTIONS = {
    "sgd": {
        "momentum": 0.5,
        "nesterov": False,
        "clip_norm": 1.0,
        "augmentation": ({"layer": "MixUp", "classes": 2},),
        "label_smoothing": 0.1,
    },
    "adamw": {"optimizer": "adamw", "learning_rate": 1e-3, "clip_norm": 1.0},
    "rescaled": {"rescale_momentum": True, "schedule": "steps", "milestones": (1,)},
    "precise": {"precise_bn_batches": 2, "steps": 3, "epochs": None},
    "bfloat16": {"precision": "mixed_bfloat16"},
}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("changes", OPTIONS.values(), ids=OPTIONS)
def test_options_of_a_recipe_change_the_weights(changes, short, videos, tmp_path):
    recipe = RECIPE.changed(**{"epochs": 2, **changes})
    run = fit(recipe, videos, tmp_path / "run")
    assert [row["step"] for row in run.history] == ([2, 3] if recipe.steps else [2, 4])
    assert all(np.isfinite(row["loss"]) for row in run.history)
    layers = [model.get_layer("conv1_conv") for model in (run.model, short.model)]
    assert not np.array_equal(*(layer.kernel.numpy() for layer in layers))
    assert read_run(tmp_path / "run").recipe == recipe


@pytest.mark.usefixtures("eager")
def test_rescale_momentum_shrinks_momentum_with_the_rate(videos):
    changes = {"epochs": 2, "schedule": "steps", "milestones": (1,), "decay_factor": 1e-6}
    found = {}

    class RecordUpdates(keras.callbacks.Callback):
        """Records the largest update of the weights in each step."""

        def on_train_batch_begin(self, batch, logs=None):
            self.before = self.model.get_layer("conv1_conv").kernel.numpy()

        def on_train_batch_end(self, batch, logs=None):
            after = self.model.get_layer("conv1_conv").kernel.numpy()
            found.setdefault(key, []).append(np.abs(after - self.before).max())

    for key in (False, True):
        fit(RECIPE.changed(**changes, rescale_momentum=key), videos, callbacks=[RecordUpdates()])
    assert found[False][:2] == found[True][:2]
    assert found[True][2] < 1e-3 * found[False][2]


@pytest.mark.usefixtures("eager")
def test_precise_batch_norms_replace_moving_averages(videos):
    recipes = (RECIPE.changed(epochs=1, precise_bn_batches=count) for count in (2, 0))
    models = [fit(recipe, videos).model for recipe in recipes]
    variances = [model.get_layer("conv1_norm").moving_variance.numpy() for model in models]
    kernels = [model.get_layer("conv1_conv").kernel.numpy() for model in models]
    np.testing.assert_array_equal(*kernels)
    assert (
        np.abs(variances[1] - 1).max() < np.abs(variances[0] - 1).max()
    )  # moving averages start at one


@pytest.mark.usefixtures("eager")
def test_multi_label_training_from_a_table(videos, validation_videos, tmp_path):
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
    assert np.abs(sums - 1).min() > 0.01  # a sigmoid for each class
