"""A network starts from the weights of another network that it has in common."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.tasks.video_classification.network import build
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.recipe_files import write_recipe
from keras_nonlocal.training.run_folder import LAST, RunFolder
from keras_nonlocal.training.task import TrainingData
from keras_nonlocal.training.warm_start import start_from
from keras_nonlocal.weights.assign import named_weights

RECIPE = VideoRecipe(
    "nl_i3d_small",
    num_frames=8,
    frame_stride=1,
    size=(32, 32),
    arguments={"variant": "slowfast", "blocks": {"res3": [1]}},
    epochs=1,
)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Networks as deep as those of the published weights."""


def randomized(model):
    """Changes all weights, so that none has its initial value."""
    rng = np.random.default_rng(0)
    for variable in named_weights(model).values():
        variable.assign(rng.uniform(0.5, 1.5, variable.shape))
    return model


def arrays(model):
    return {name: variable.numpy() for name, variable in named_weights(model).items()}


def write_run(folder, recipe, classes):
    """Writes the folder of a run, and returns its network."""
    models = build(recipe, classes)
    model = randomized(models.inference)
    names = tuple(map(str, range(classes)))
    RunFolder(folder, recipe, TrainingData("videos", 8, names, False, "0")).start(models.trainer)
    model.save_weights(folder / LAST)
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of four classes, and the weights of its network."""
    folder = tmp_path_factory.mktemp("runs") / "four"
    return folder, arrays(write_run(folder, RECIPE, 4))


def test_all_weights_of_the_same_network_are_copied(run):
    folder, trained = run
    found = arrays(build(RECIPE.changed(weights=str(folder)), 4).inference)
    assert found.keys() == trained.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, trained[name], err_msg=name)


def test_classifier_with_other_classes_is_initialized(run):
    folder, trained = run
    found = arrays(build(RECIPE.changed(weights=str(folder)), 6).inference)
    assert found["logits/kernel"].shape[-1] == 6
    assert (
        np.abs(found["logits/kernel"]).max() < 0.1
    )  # initial values; the run has values above 0.5
    for name in found.keys() - {"logits/kernel", "logits/bias"}:
        np.testing.assert_array_equal(found[name], trained[name], err_msg=name)


def test_segmentation_network_starts_from_a_run_of_another_task(tmp_path):
    """The run has other classes and no block, but the same names of layers."""
    recipe = {"task": "segmentation", "builder": "fcn_small", "epochs": 1}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    data = TrainingData("streets", 8, ("road", "sky", "tree"), False, "0")
    (tmp_path / "data.json").write_text(json.dumps(asdict(data)))
    source = randomized(models.fcn_small(classes=3))
    source.save_weights(tmp_path / LAST)
    target = models.nl_fcn_small(classes=5)
    start_from(tmp_path, target, "nl_fcn_small")
    trained, found = arrays(source), arrays(target)
    assert (
        np.abs(found["logits/kernel"]).max() < 0.5
    )  # initial values; the run has values above 0.5
    for name in trained.keys() - {"logits/kernel", "logits/bias"}:
        np.testing.assert_array_equal(found[name], trained[name], err_msg=name)


def test_new_blocks_start_as_the_identity(tmp_path):
    plain = RECIPE.changed(builder="i3d_small", arguments={"variant": "slowfast"})
    source = write_run(tmp_path / "plain", plain, 4)
    target = build(RECIPE.changed(weights=str(tmp_path / "plain")), 4).inference
    assert {name for name in arrays(target) if "_nonlocal/" in name}
    clips = np.random.default_rng(1).normal(size=(1, 8, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(target(clips), source(clips), atol=1e-6)


def test_long_network_starts_with_folded_norms(tmp_path):
    arguments = {"variant": "official_32x2", "blocks": 2}
    trained = arrays(write_run(tmp_path / "short", RECIPE.changed(arguments=arguments), 4))
    long = RECIPE.changed(
        arguments={"variant": "official_long", "blocks": 2}, weights=str(tmp_path / "short")
    )
    found = arrays(build(long, 4).inference)
    folded = {f"{name}/out/{part}" for name in BLOCKS for part in ("kernel", "bias")}
    assert folded <= found.keys() < trained.keys()
    for name in found.keys() - folded:
        np.testing.assert_array_equal(found[name], trained[name], err_msg=name)
    for block in BLOCKS:
        gamma, beta, mean, variance = (
            trained[f"{block}/norm/{part}"].astype("float64")
            for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + 1e-5)
        kernel, bias = trained[f"{block}/out/kernel"], trained[f"{block}/out/bias"]
        np.testing.assert_allclose(found[f"{block}/out/kernel"], kernel * scale, rtol=1e-5)
        np.testing.assert_allclose(
            found[f"{block}/out/bias"], (bias - mean) * scale + beta, rtol=1e-4, atol=1e-5
        )


BLOCKS = ("res3_1_nonlocal", "res4_0_nonlocal")


def test_other_networks_are_errors_and_change_nothing(run):
    folder, _ = run
    target = models.nl_c2d_small(classes=4, variant="slowfast", blocks=1)
    before = arrays(target)
    with pytest.raises(ValueError, match="do not fit the model; nothing was loaded") as error:
        start_from(folder, target, "nl_c2d_small")
    for name, array in arrays(target).items():
        np.testing.assert_array_equal(array, before[name])
    assert "res3_1_nonlocal" in str(error.value) or "expected" in str(error.value)


def test_blocks_missing_from_the_new_network_are_an_error(run):
    folder, _ = run
    target = models.i3d_small(classes=4, variant="slowfast")
    with pytest.raises(ValueError, match=r"only in the model:   \[\]\n.*res3_1_nonlocal/g/kernel"):
        start_from(folder, target, "i3d_small")


def test_weights_file_must_fit_completely(run, tmp_path):
    folder, trained = run
    found = arrays(build(RECIPE.changed(weights=str(folder / LAST)), 4).inference)
    for name, array in found.items():
        np.testing.assert_array_equal(array, trained[name], err_msg=name)
    with pytest.raises(ValueError, match=r"last\.weights\.h5 does not fit"):
        build(RECIPE.changed(weights=str(folder / LAST)), 6)
    with pytest.raises(FileNotFoundError, match=r"absent\.weights\.h5"):
        build(RECIPE.changed(weights=str(tmp_path / "absent.weights.h5")), 4)


def test_start_from_a_pretrained_model():
    arguments = {"variant": "slowfast", "blocks": 2}
    found = arrays(build(RECIPE.changed(weights="weizmann", arguments=arguments), 3).inference)
    card = arrays(models.nl_i3d_small(weights="weizmann"))
    for name in found.keys() - {"logits/kernel", "logits/bias"}:
        np.testing.assert_array_equal(found[name], card[name], err_msg=name)


def test_unknown_name_is_an_error():
    with pytest.raises(ValueError, match=r"`weights` of nl_i3d_small must be .*'weizmann'.*'nob'"):
        build(RECIPE.changed(weights="nob"), 4)


def test_folder_without_a_run_is_an_error(tmp_path):
    write_recipe(RECIPE, tmp_path / "recipe.json")
    with pytest.raises(FileNotFoundError, match=r"Missing: data\.json"):
        build(RECIPE.changed(weights=str(tmp_path)), 4)
