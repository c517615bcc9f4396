"""A recipe is data: read back as written, changed by text, and refused with both sides named."""

import json

import pytest

from keras_nonlocal import augmentation
from keras_nonlocal.pretrained.entries import recipe_names
from keras_nonlocal.tasks.recipes import find_recipe, read_recipe
from keras_nonlocal.tasks.train import plan_training, train
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.recipe import BaseRecipe
from keras_nonlocal.training.recipe_files import change_recipe, write_recipe

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
def test_a_recipe_is_read_back_as_it_was_written(recipe, tmp_path):
    write_recipe(recipe, tmp_path / "recipe.json")
    assert read_recipe(tmp_path / "recipe.json") == recipe


def test_defaults_are_left_out_of_the_file(tmp_path):
    write_recipe(RECIPE, tmp_path / "recipe.json")
    assert json.loads((tmp_path / "recipe.json").read_text()) == NEEDED


def test_a_size_that_is_none_stands_in_the_file(tmp_path):
    write_recipe(FULL, tmp_path / "recipe.json")
    assert json.loads((tmp_path / "recipe.json").read_text())["size"] is None


def test_an_unknown_field_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json.*\n.*\n  unknown: \['epoch'\]"):
        read_recipe(write(tmp_path, {**NEEDED, "epoch": 3}))


def test_a_missing_field_is_named(tmp_path):
    values = {name: value for name, value in NEEDED.items() if name != "frame_stride"}
    with pytest.raises(ValueError, match=r"missing: \['frame_stride'\]"):
        read_recipe(write(tmp_path, values))


@pytest.mark.parametrize("text", ["{", "[1, 2]", ""])
def test_a_file_that_holds_no_object_is_refused(text, tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json"):
        read_recipe(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.json"):
        read_recipe(tmp_path / "absent.json")


WRONG = {
    "builder": ({"builder": "i3d_r18"}, r"`builder` must be one of 'c2d_r50'.*'i3d_r18'"),
    "precision": ({"precision": "float64"}, r"`precision` must be one of 'float32'.*'float64'"),
    "optimizer": ({"optimizer": "adam"}, r"`optimizer` must be one of 'sgd', 'adamw'.*'adam'"),
    "schedule": ({"schedule": "poly"}, r"`schedule` must be one of .*'poly'"),
    "batch": ({"batch_size": 0}, r"`batch_size` must be a positive integer.*0"),
    "speed": ({"speed_jitter": 0.5}, r"`speed_jitter` must be a number of at least 1.*0\.5"),
    "smoothing": ({"label_smoothing": -0.1}, r"`label_smoothing` must be .* at least 0.*-0\.1"),
    "smooth": ({"label_smoothing": 1.0}, r"`label_smoothing` must be less than 1.*1\.0"),
    "momentum": ({"momentum": -1}, r"`momentum` must be a number of at least 0.*-1"),
    "heavy": ({"momentum": 2}, r"`momentum` must be less than 1.*2"),
    "switch": ({"frozen_norms": "no"}, r"`frozen_norms` must be one of True, False.*'no'"),
    "half": ({"precise_bn_batches": 2.5}, r"`precise_bn_batches` must be an integer.*2\.5"),
    "channels": ({"mean": (1, 2)}, r"`mean` must be one number for each of three.*\(1, 2\)"),
    "decay": ({"weight_decay": -1e-4}, r"`weight_decay` must be .* at least 0.*-0\.0001"),
    "warmup": ({"warmup": -1}, r"`warmup` must be a number of at least 0.*-1"),
    "warm": ({"warmup": 10}, r"`warmup` must be shorter than 10 epochs\. Received: 10"),
    "from": ({"warmup_rate": -1}, r"`warmup_rate` must be a number of at least 0.*-1"),
    "precise": ({"precise_bn_batches": -1}, r"`precise_bn_batches` must be .*-1"),
    "seed": ({"seed": -1}, r"`seed` must be a number of at least 0.*-1"),
    "clip norm": ({"clip_norm": 0.0}, r"`clip_norm` must be positive.*0\.0"),
    "rate": ({"learning_rate": 0.0}, r"`learning_rate` must be positive.*0\.0"),
    "no rate": ({"learning_rate": float("nan")}, r"`learning_rate` must be positive.*nan"),
    "endless rate": ({"learning_rate": float("inf")}, r"`learning_rate` must be positive.*inf"),
    "factor": ({"decay_factor": 0.0}, r"`decay_factor` must be positive.*0\.0"),
    "neither": ({"epochs": None}, r"One of `epochs` and `steps`.*epochs=None, steps=None"),
    "both": ({"steps": 5}, r"One of `epochs` and `steps`.*epochs=10, steps=5"),
    "epochs": ({"epochs": 0}, r"`epochs` must be a positive integer.*0"),
    "steps": ({"epochs": None, "steps": -5}, r"`steps` must be a positive integer.*-5"),
    "late drop": (
        {"schedule": "steps", "milestones": (10,)},
        r"`milestones` must be .* 0 and 10.*\(10,\)",
    ),
    "no order": (
        {"schedule": "steps", "milestones": (6, 3)},
        r"`milestones` must be rising.*\(6, 3\)",
    ),
    "twice": (
        {"schedule": "steps", "milestones": (3, 3)},
        r"`milestones` must be rising.*\(3, 3\)",
    ),
    "no drops": (
        {"schedule": "steps"},
        r"`milestones` go with `schedule='steps'`.*milestones=\(\)",
    ),
    "milestones": (
        {"milestones": (3,)},
        r"`milestones` go with `schedule='steps'`.*schedule='constant'",
    ),
    "adamw": (
        {"optimizer": "adamw", "rescale_momentum": True},
        r"`rescale_momentum` needs `optimizer='sgd'`.*'adamw'",
    ),
    "std": ({"std": (1.0, 0.0, 1.0)}, r"`std` must be positive numbers.*0\.0"),
    "track_motion": (
        {"track_motion": (16, 16)},
        r"`track_motion` needs `subtract_mean_frame=True`",
    ),
    "followed": (
        {"subtract_mean_frame": True, "track_motion": (16, 0)},
        r"`track_motion` must be.*0",
    ),
    "num_frames": ({"num_frames": 0}, r"`num_frames` must be a positive integer.*0"),
    "size": ({"size": (32, 0)}, r"`size` must be.*0"),
    "short side": ({"short_side": 24}, r"`short_side` must leave frames that `size` fits.*24"),
    "sampling": ({"sampling": "dense"}, r"`sampling` must be one of .*'dense'"),
    "clips": ({"test_num_clips": 0}, r"`num_clips` must be a positive integer.*0"),
    "crops": ({"size": None, "test_num_crops": 3}, r"`num_crops` needs the `size`"),
    "layer for tests": (
        {"augmentation": ({"layer": "ThreeCrop", "size": 24},)},
        r"`augmentation\[0\]\.layer` must be one of .*'ThreeCrop'",
    ),
    "layer": (
        {"augmentation": ({"layer": "Flip"},)},
        r"`augmentation\[0\]\.layer` must be one of .*'RandomFlip'.*'Flip'",
    ),
    "no layer": (
        {"augmentation": ({"p": 1},)},
        r"`augmentation\[0\]\.layer` must be one of .*None",
    ),
    "base": ({"augmentation": ({"layer": "RandomAugmentation"},)}, r"`augmentation\[0\]\.layer`"),
    "name": ({"augmentation": ("RandomFlip",)}, r"`augmentation\[0\]` must be a mapping.*'Random"),
    "argument": (
        {"augmentation": ({"layer": "RandomFlip"}, {"layer": "RandomAffine", "zoomed": 2})},
        r"`augmentation\[1\]`, RandomAffine: .*zoomed",
    ),
    "value": (
        {"augmentation": ({"layer": "RandomAffine", "zoom": 0.5},)},
        r"`augmentation\[0\]`, RandomAffine: `zoom` must be.*0\.5",
    ),
}


@pytest.mark.parametrize(("values", "message"), WRONG.values(), ids=WRONG)
def test_values_that_are_wrong_or_contradict_each_other_are_named(values, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        RECIPE.changed(**values)


def test_a_wrong_value_in_a_file_names_the_file(tmp_path):
    with pytest.raises(ValueError, match=r"recipe\.json.*`epochs` must be a positive integer"):
        read_recipe(write(tmp_path, {**NEEDED, "epochs": 0}))


def test_layers_are_those_of_the_recipe_in_order_with_their_arguments():
    given = (
        {"layer": "RandomFlip"},
        {"layer": "MultiScaleCrop", "size": 24, "scales": [1.0, 0.8]},
    )
    flip, crop = RECIPE.changed(augmentation=given).layers()
    assert type(flip) is augmentation.RandomFlip
    assert type(crop) is augmentation.MultiScaleCrop
    assert (crop.size, tuple(crop.scales)) == ((24, 24), (1.0, 0.8))


def test_each_call_makes_new_layers():
    recipe = RECIPE.changed(augmentation=({"layer": "RandomFlip"},))
    assert recipe.layers()[0] is not recipe.layers()[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (None, (32, 40))),
        ({"short_side": 50}, (50, (32, 40))),
        ({"short_side": (40, 60)}, ((40, 60), (32, 40))),
        ({"short_side": (40, 60), "test_short_side": 48}, (48, (32, 40))),
        ({"test_short_side": 64, "test_size": (64, 64)}, (64, (64, 64))),
    ],
)
def test_what_is_not_said_of_tests_is_as_in_training(changes, expected):
    clip = RECIPE.changed(**changes).testing_clip
    assert (clip.short_side, clip.size) == expected


CHANGES = {
    "a number": ("batch_size", "4", 4),
    "a part": ("learning_rate", "1e-3", 0.001),
    "a whole number for a part": ("learning_rate", "1", 1.0),
    "null": ("clip_norm", "null", None),
    "a truth": ("test_flip", "true", True),
    "a list": ("size", "[24, 28]", (24, 28)),
    "a range": ("short_side", "[40, 60]", (40, 60)),
    "one for a range": ("short_side", "40", 40),
    "plain text": ("builder", "nl_c2d_small", "nl_c2d_small"),
    "text in quotes": ("about", '"null"', "null"),
    "text like a number": ("about", "8", "8"),
    "text like JSON": ("weights", "[1]", "[1]"),
    "no text": ("weights", "null", None),
    "an argument": ("arguments.blocks", "1", {"variant": "slowfast", "blocks": 1}),
    "a mapping": ("arguments", '{"blocks": 1}', {"blocks": 1}),
    "layers": ("augmentation", '[{"layer": "RandomFlip"}]', ({"layer": "RandomFlip"},)),
}


@pytest.mark.parametrize(("name", "text", "value"), CHANGES.values(), ids=CHANGES)
def test_a_field_is_set_from_text(name, text, value):
    before = RECIPE.changed(arguments={"variant": "slowfast"}, clip_norm=5.0, weights="imagenet")
    after = change_recipe(before, {name: text})
    field = name.partition(".")[0]
    assert getattr(after, field) == value
    assert type(getattr(after, field)) is type(value)
    assert after == before.changed(**{field: value})


def test_fields_that_depend_on_each_other_change_together():
    changes = {"epochs": "null", "milestones": "[20]", "schedule": "steps", "steps": "30"}
    changed = change_recipe(RECIPE, {**changes, "arguments.a": "1", "arguments.b": "x"})
    assert (changed.epochs, changed.steps, changed.milestones) == (None, 30, (20.0,))
    assert changed.arguments == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("epoch", "3", r"`field of a recipe` must be one of .*'epochs'.*'epoch'"),
        ("epochs", "many", r"`epochs` must be of type int. Received: 'many'"),
        ("epochs", "2.5", r"`epochs` must be of type int. Received: 2\.5"),
        ("test_flip", "yes", r"`test_flip` must be of type bool. Received: 'yes'"),
        ("size", "[24]", r"`size` must be a list of 2. Received: \[24\]"),
        ("builder", "null", r"`builder` must be of type str. Received: None"),
        ("schedule", "poly", r"`schedule` must be one of .*'poly'"),
        ("epochs.first", "3", r"`epochs` is no mapping"),
        ("epochs", "0", r"`epochs` must be a positive integer"),
    ],
)
def test_text_that_does_not_fit_is_named(name, text, message):
    with pytest.raises(ValueError, match=message):
        change_recipe(RECIPE, {name: text})


def test_recipes_that_come_along_are_found_by_name():
    assert "nl_i3d_r50_32x2" in recipe_names()
    assert recipe_names() == sorted(recipe_names())
    assert find_recipe("nl_i3d_r50_32x2").builder == "nl_i3d_r50"


def test_other_recipes_are_found_by_path(tmp_path):
    assert find_recipe(write(tmp_path, NEEDED)) == RECIPE
    assert find_recipe(str(tmp_path / "recipe.json")) == RECIPE


@pytest.mark.parametrize("name", ["nobody", "."])
def test_a_recipe_that_is_not_there_is_answered_with_those_that_are(name):
    with pytest.raises(FileNotFoundError, match=rf"no recipe '{name}'.*nl_i3d_r50_32x2"):
        find_recipe(name)


def test_a_recipe_of_no_task_or_of_an_unknown_one_is_named(tmp_path):
    without = {name: value for name, value in NEEDED.items() if name != "task"}
    with pytest.raises(ValueError, match=r"recipe\.json.* lacks the field `task`"):
        read_recipe(write(tmp_path, without))
    with pytest.raises(ValueError, match=r"recipe\.json.*must be one of 'video_classification'"):
        read_recipe(write(tmp_path, {**NEEDED, "task": "sculpture"}))
    for of_a_task in (train, plan_training):
        with pytest.raises(ValueError, match="`task` must be one of 'video_classification'"):
            of_a_task(BaseRecipe(task="sculpture", epochs=1), [])
