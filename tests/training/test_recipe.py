"""A recipe is data: read back as written, and refused with both sides named."""

import json

import pytest

from keras_nonlocal.training import Recipe, read_recipe, write_recipe

NEEDED = {"builder": "nl_i3d_small", "frames": 8, "stride": 2, "size": [32, 40]}


def write(tmp_path, values):
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(values))
    return path


def test_a_recipe_is_read_back_as_it_was_written(tmp_path):
    recipe = Recipe(
        "nl_i3d_small", 8, 2, (32, 40), arguments={"blocks": 1}, augmentation={"zoom": 1.2}
    )
    write_recipe(recipe, tmp_path / "recipe.json")
    assert read_recipe(tmp_path / "recipe.json") == recipe


def test_an_unknown_field_is_named(tmp_path):
    path = write(tmp_path, {**NEEDED, "epoch": 3})
    with pytest.raises(ValueError, match=r"unknown: \['epoch'\]"):
        read_recipe(path)


def test_a_missing_field_is_named(tmp_path):
    path = write(tmp_path, {name: NEEDED[name] for name in ("builder", "frames", "size")})
    with pytest.raises(ValueError, match=r"missing: \['stride'\]"):
        read_recipe(path)


@pytest.mark.parametrize("text", ["{", "[1, 2]"])
def test_a_file_that_holds_no_object_is_refused(tmp_path, text):
    path = tmp_path / "recipe.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"recipe\.json"):
        read_recipe(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("builder", "i3d_r18"),
        ("size", [32, 0]),
        ("epochs", 0),
        ("speed", 0.5),
        ("augmentation", {"zoomed": 2}),
    ],
)
def test_a_value_out_of_range_is_named(tmp_path, field, value):
    path = write(tmp_path, {**NEEDED, field: value})
    with pytest.raises(ValueError, match=rf"`{field}` must be .*Received"):
        read_recipe(path)


def test_following_needs_motion(tmp_path):
    path = write(tmp_path, {**NEEDED, "follow": [16, 16]})
    with pytest.raises(ValueError, match="motion_only"):
        read_recipe(path)
