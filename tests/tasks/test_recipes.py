"""Recipes are written, read, and found by name or path."""

import json

import pytest

from keras_nonlocal.tasks.recipes import find_recipe, read_recipe
from keras_nonlocal.tasks.train import plan_training, train
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.recipe import BaseRecipe
from keras_nonlocal.training.recipe_files import write_recipe
from keras_nonlocal.utils.entries import recipe_names

NEEDED = {
    "task": "video_classification",
    "builder": "nl_i3d_small",
    "num_frames": 8,
    "frame_stride": 2,
    "size": [32, 40],
    "epochs": 10,
}
RECIPE = VideoRecipe("nl_i3d_small", num_frames=8, frame_stride=2, size=(32, 40), epochs=10)
FULL = VideoRecipe(
    "nl_c2d_small",
    num_frames=4,
    frame_stride=1,
    size=None,
    about="every kind of field",
    arguments={"blocks": 1, "variant": "slowfast"},
    short_side=(40, 60),
    augmentation=({"layer": "MultiScaleCrop", "size": 32, "scales": [1.0, 0.8]},),
    subtract_mean_frame=True,
    track_motion=(16, 24),
    steps=90,
    learning_rate=0.5,
    schedule="steps",
    milestones=(30, 60),
    warmup=2.5,
    clip_norm=40.0,
    test_size=(32, 32),
    test_flip=True,
)


def write(tmp_path, values):
    path = tmp_path / "recipe.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


@pytest.mark.parametrize("recipe", [RECIPE, FULL], ids=["short", "full"])
def test_recipe_survives_writing_and_reading(recipe, tmp_path):
    write_recipe(recipe, tmp_path / "recipe.json")
    assert read_recipe(tmp_path / "recipe.json") == recipe


def test_default_values_are_not_written(tmp_path):
    write_recipe(RECIPE, tmp_path / "recipe.json")
    assert json.loads((tmp_path / "recipe.json").read_text()) == NEEDED


def test_size_of_none_is_written(tmp_path):
    write_recipe(FULL, tmp_path / "recipe.json")
    assert json.loads((tmp_path / "recipe.json").read_text())["size"] is None


def test_unknown_field_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json.*\n.*\n  unknown: \['epoch'\]"):
        read_recipe(write(tmp_path, {**NEEDED, "epoch": 3}))


def test_missing_field_is_an_error(tmp_path):
    values = {name: value for name, value in NEEDED.items() if name != "frame_stride"}
    with pytest.raises(ValueError, match=r"missing: \['frame_stride'\]"):
        read_recipe(write(tmp_path, values))


@pytest.mark.parametrize("text", ["{", "[1, 2]", ""])
def test_file_without_an_object_is_an_error(text, tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json"):
        read_recipe(write(tmp_path, text))


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.json"):
        read_recipe(tmp_path / "absent.json")


def test_error_in_a_file_names_the_file(tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json.*`epochs` must be a positive integer"):
        read_recipe(write(tmp_path, {**NEEDED, "epochs": 0}))


def test_find_recipe_by_name():
    assert "nl_i3d_r50_32x2" in recipe_names()
    assert recipe_names() == sorted(recipe_names())
    assert find_recipe("nl_i3d_r50_32x2").builder == "nl_i3d_r50"


def test_find_recipe_by_path(tmp_path):
    assert find_recipe(write(tmp_path, NEEDED)) == RECIPE
    assert find_recipe(str(tmp_path / "recipe.json")) == RECIPE


@pytest.mark.parametrize("name", ["nobody", "."])
def test_missing_recipe_is_an_error(name):
    with pytest.raises(FileNotFoundError, match=rf"no recipe '{name}'.*nl_i3d_r50_32x2"):
        find_recipe(name)


def test_missing_or_unknown_task_is_an_error(tmp_path):
    values = {name: value for name, value in NEEDED.items() if name != "task"}
    with pytest.raises(
        ValueError, match=r"recipe\.json.* must be a JSON object whose field `task` is one of"
    ):
        read_recipe(write(tmp_path, values))
    with pytest.raises(
        ValueError, match=r"recipe\.json.*is one of .*'video_classification'.*'sculpture'"
    ):
        read_recipe(write(tmp_path, {**NEEDED, "task": "sculpture"}))
    for function in (train, plan_training):
        with pytest.raises(ValueError, match=r"`task` must be one of .*'video_classification'"):
            function(BaseRecipe(task="sculpture", epochs=1), [])
