"""Recipes of video classifiers: their fields, and the errors for invalid values."""

import json

import pytest

from keras_nonlocal import augmentation
from keras_nonlocal.tasks import read_recipe
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training import write_recipe
from keras_nonlocal.training.recipe_files import change_recipe

RECIPE = VideoRecipe("nl_i3d_small", num_frames=8, frame_stride=2, size=(32, 40), epochs=10)

INVALID = {
    "builder": ({"builder": "i3d_r18"}, r"`builder` must be one of 'c2d_r50'.*'i3d_r18'"),
    "precision": ({"precision": "float64"}, r"`precision` must be one of 'float32'.*'float64'"),
    "optimizer": ({"optimizer": "adam"}, r"`optimizer` must be one of 'sgd', 'adamw'.*'adam'"),
    "schedule": ({"schedule": "staircase"}, r"`schedule` must be one of .*'staircase'"),
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
    "warm": (
        {"warmup": 10},
        r"`warmup` must be shorter than 10 epochs\. Set both.* Received: warmup=10",
    ),
    "from": ({"warmup_rate": -1}, r"`warmup_rate` must be a number of at least 0.*-1"),
    "precise": ({"precise_bn_batches": -1}, r"`precise_bn_batches` must be .*-1"),
    "seed": ({"seed": -1}, r"`seed` must be an integer from 0 to 2\*\*32 - 1.*-1"),
    "clip norm": ({"clip_norm": 0.0}, r"`clip_norm` must be positive.*0\.0"),
    "rate": ({"learning_rate": 0.0}, r"`learning_rate` must be positive.*0\.0"),
    "no rate": ({"learning_rate": float("nan")}, r"`learning_rate` must be positive.*nan"),
    "endless rate": ({"learning_rate": float("inf")}, r"`learning_rate` must be positive.*inf"),
    "factor": ({"decay_factor": 0.0}, r"`decay_factor` must be positive.*0\.0"),
    "neither": ({"epochs": None}, r"Exactly one of `epochs` and `steps`.*epochs=None, steps=None"),
    "both": ({"steps": 5}, r"Exactly one of `epochs` and `steps`.*epochs=10, steps=5"),
    "epochs": ({"epochs": 0}, r"`epochs` must be a positive integer.*0"),
    "steps": ({"epochs": None, "steps": -5}, r"`steps` must be a positive integer.*-5"),
    "late milestone": (
        {"schedule": "steps", "milestones": (10,)},
        r"`milestones` must be .* 0 and 10.*\(10,\)",
    ),
    "no order": (
        {"schedule": "steps", "milestones": (6, 3)},
        r"`milestones` must be increasing.*\(6, 3\)",
    ),
    "twice": (
        {"schedule": "steps", "milestones": (3, 3)},
        r"`milestones` must be increasing.*\(3, 3\)",
    ),
    "no milestones": (
        {"schedule": "steps"},
        r"`milestones` must be set if and only if `schedule` is 'steps'.*milestones=\(\)",
    ),
    "milestones": (
        {"milestones": (3,)},
        r"`milestones` must be set if and only if `schedule` is 'steps'.*schedule='constant'",
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
    "size of track_motion": (
        {"subtract_mean_frame": True, "track_motion": (16, 0)},
        r"`track_motion` must be.*0",
    ),
    "num_frames": ({"num_frames": 0}, r"`num_frames` must be a positive integer.*0"),
    "size": ({"size": (32, 0)}, r"`size` must be.*0"),
    "short side": ({"short_side": 24}, r"`short_side` must leave frames that `size` fits.*24"),
    "sampling": ({"sampling": "dense"}, r"`sampling` must be one of .*'dense'"),
    "clips": ({"test_num_clips": 0}, r"`num_clips` must be a positive integer.*0"),
    "crops": ({"size": None, "test_num_crops": 3}, r"`num_crops` needs the `size`"),
    "layer for inference": (
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


@pytest.mark.parametrize(("values", "message"), INVALID.values(), ids=INVALID)
def test_invalid_and_contradictory_values_are_errors(values, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        RECIPE.changed(**values)


NUMBERS = ["learning_rate", "momentum", "weight_decay", "clip_norm", "decay_factor", "warmup"]
NUMBERS += ["warmup_rate", "speed_jitter", "label_smoothing", "mean", "std", "seed"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_that_are_not_finite_are_errors(name, value):
    given = (value, 1.0, 1.0) if name in ("mean", "std") else value
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        RECIPE.changed(**{name: given})
    with pytest.raises(ValueError, match=f"`{name}`"):
        change_recipe(RECIPE, {name: json.dumps(given)})


@pytest.mark.parametrize("name", ["mean", "std"])
def test_numbers_with_which_inputs_overflow_are_errors(name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        RECIPE.changed(**{name: (1e39, 1.0, 1.0)})
    with pytest.raises(ValueError, match="`std` must be positive"):
        RECIPE.changed(std=(1.0, 1e-40, 1.0))


def test_seeds_are_those_that_all_generators_take():
    assert RECIPE.changed(seed=2**32 - 1).seed == 4294967295
    with pytest.raises(ValueError, match=r"0 to 2\*\*32 - 1. Received: seed=4294967296"):
        RECIPE.changed(seed=2**32)


def test_layers_have_the_order_and_arguments_of_the_recipe():
    given = (
        {"layer": "RandomFlip"},
        {"layer": "MultiScaleCrop", "size": 24, "scales": [1.0, 0.8]},
    )
    flip, crop = RECIPE.changed(augmentation=given).layers()
    assert type(flip) is augmentation.RandomFlip
    assert type(crop) is augmentation.MultiScaleCrop
    assert (crop.size, tuple(crop.scales)) == ((24, 24), (1.0, 0.8))


def test_a_recipe_in_a_file_may_exchange_labels_of_mirrored_clips(tmp_path):
    layer = {"layer": "RandomFlip", "pairs": [[0, 1]], "veto": [2]}
    write_recipe(RECIPE.changed(augmentation=(layer,)), tmp_path / "recipe.json")
    (flip,) = read_recipe(tmp_path / "recipe.json").layers()
    assert (flip.pairs, flip.veto) == (((0, 1),), (2,))


def test_each_call_creates_new_layers():
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
def test_evaluation_uses_the_size_of_training_by_default(changes, expected):
    clip = RECIPE.changed(**changes).testing_clip
    assert (clip.short_side, clip.size) == expected
