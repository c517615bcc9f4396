"""Invalid calls of `train` raise an error before training, and write nothing."""

import pytest
from training.helpers import RECIPE, fit, state

from keras_nonlocal.tasks.train import plan_training, train
from keras_nonlocal.training.recipe_files import change_recipe


def test_folder_with_other_files_is_an_error_and_stays(videos, tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(
        ValueError, match=r"must be empty or the folder of a training run.*thesis\.txt"
    ):
        fit(RECIPE, videos, tmp_path)
    assert state(tmp_path) == {"thesis.txt": b"all of it"}


INVALID = {
    "builder": ({"arguments.variant": "nobody"}, {}, "`variant` must be one of"),
    "argument": ({"arguments.blcks": "1"}, {}, "`arguments` must be arguments of nl_c2d_small"),
    "weights": ({"weights": "nobody"}, {}, "`weights` of nl_c2d_small must be"),
    "classes": ({}, {"source": "bright"}, "must have labels"),
    "split": ({}, {"split": "train"}, "`split` must be None: there are no splits"),
    "validation": ({}, {"validation_subset": "val"}, "`split` must be None: there are no splits"),
    "strategy": ({}, {"strategy": "two"}, "`strategy` must be one of"),
    "mixing": (
        {"augmentation": '[{"layer": "MixUp", "classes": 7}]'},
        {},
        "MixUp must have the 2 classes.*classes=7",
    ),
    "mixing alone": (
        {"augmentation": '[{"layer": "CutMix", "classes": 2}]', "batch_size": "1"},
        {},
        "CutMix mixes the clips of a batch.*batches of 1",
    ),
    "checkpoints": (
        {},
        {"checkpoint_every_n_steps": 0},
        "`checkpoint_every_n_steps` must be a positive integer",
    ),
}


@pytest.mark.parametrize(("changes", "options", "message"), INVALID.values(), ids=INVALID)
def test_invalid_calls_write_no_folder(changes, options, message, videos, tmp_path):
    source = videos / options.pop("source", ".")
    with pytest.raises(ValueError, match=message):
        fit(change_recipe(RECIPE, changes), source, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe", ["nl_i3d_r50_32x2", {"epochs": 1}, None])
def test_what_is_no_recipe_is_refused(recipe, videos):
    for function in (train, plan_training):
        with pytest.raises(ValueError, match="`recipe` must be a recipe, such as `find_recipe`"):
            function(recipe, videos)


def test_a_file_cannot_be_the_folder_of_a_run(videos, tmp_path):
    (tmp_path / "text.mp4").touch()
    with pytest.raises(NotADirectoryError, match=r"text\.mp4 is a file\. Expected the folder of a"):
        fit(RECIPE, videos, tmp_path / "text.mp4")


def test_multi_label_videos_need_a_multi_label_recipe(videos, tmp_path):
    several = [(path, ["a", "b"]) for path in videos.glob("*/*.mp4")]
    with pytest.raises(ValueError, match="Set `multi_label` of the recipe to true"):
        fit(RECIPE, several, tmp_path / "run")
    assert not (tmp_path / "run").exists()
