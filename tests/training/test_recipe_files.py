"""`change_recipe` sets fields of a recipe from text."""

import pytest

from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.recipe_files import change_recipe

RECIPE = VideoRecipe("nl_i3d_small", num_frames=8, frame_stride=2, size=(32, 40), epochs=10)

CHANGES = {
    "an integer": ("batch_size", "4", 4),
    "a float": ("learning_rate", "1e-3", 0.001),
    "an integer for a float": ("learning_rate", "1", 1.0),
    "null": ("clip_norm", "null", None),
    "a bool": ("test_flip", "true", True),
    "a list": ("size", "[24, 28]", (24, 28)),
    "a range": ("short_side", "[40, 60]", (40, 60)),
    "an integer for a range": ("short_side", "40", 40),
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
def test_change_recipe_sets_fields_from_text(name, text, value):
    before = RECIPE.changed(arguments={"variant": "slowfast"}, clip_norm=5.0, weights="imagenet")
    after = change_recipe(before, {name: text})
    field = name.partition(".")[0]
    assert getattr(after, field) == value
    assert type(getattr(after, field)) is type(value)
    assert after == before.changed(**{field: value})


def test_change_recipe_changes_dependent_fields_together():
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
        ("schedule", "staircase", r"`schedule` must be one of .*'staircase'"),
        ("epochs.first", "3", r"`epochs` is not a mapping"),
        ("epochs", "0", r"`epochs` must be a positive integer"),
    ],
)
def test_invalid_text_is_an_error(name, text, message):
    with pytest.raises(ValueError, match=message):
        change_recipe(RECIPE, {name: text})
