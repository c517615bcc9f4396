"""Recipes as JSON: those that come along, those of files, and changes given as text."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_type_hints

from ..replacing import replacing
from ..schema import parse, parse_json
from ..validation import one_of
from ..weights import entries_root
from .recipe import Recipe


def recipe_names() -> list[str]:
    """The names of the recipes that come along.

    >>> recipe_names()[:2]
    ['charades_nl_i3d_r101', 'finetune_nl_i3d_r50']
    """
    return sorted(path.stem for path in (entries_root() / "recipes").glob("*.json"))


def find_recipe(name: str | os.PathLike[str]) -> Recipe:
    """A recipe that comes along, by its name, or one of a JSON file, by its path.

    Raises:
        FileNotFoundError: There is neither.
        ValueError: The file is no recipe.

    Example:

    >>> find_recipe("nl_i3d_r50_32x2").steps
    400000
    """
    if str(name) in recipe_names():
        return read_recipe(entries_root() / "recipes" / f"{name}.json")
    if not Path(name).is_file():
        raise FileNotFoundError(
            f"There is no recipe {os.fspath(name)!r}. Expected the path of a JSON file, or one of "
            f"{', '.join(recipe_names())}."
        )
    return read_recipe(name)


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Reads a recipe from a JSON file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not JSON, or a field is unknown, missing or out of range.

    Example:
        recipe = read_recipe("zoo/nl_i3d_small_weizmann/recipe.json")
    """
    where = f"The recipe {os.fspath(path)!r}"
    return parse(Recipe, parse_json(Path(path).read_text("utf-8"), where), where)


def write_recipe(recipe: Recipe, path: str | os.PathLike[str]) -> None:
    """Writes a recipe to a JSON file that `read_recipe` reads; defaults are left out."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(chosen(recipe), indent=2) + "\n", "utf-8")


def chosen(recipe: Recipe) -> dict[str, Any]:
    """The fields of a recipe that differ from their defaults.

    >>> recipe = Recipe("nl_i3d_small", frames=8, stride=4, size=(56, 56), epochs=10)
    >>> chosen(recipe)["epochs"], "momentum" in chosen(recipe)
    (10, False)
    """
    defaults = {each.name: each.default for each in fields(Recipe)}
    values = asdict(recipe).items()
    return {name: value for name, value in values if value != defaults[name] and value != {}}


def change_recipe(recipe: Recipe, changes: Mapping[str, str]) -> Recipe:
    """A recipe with some fields set from text, as on a command line.

    All of them change at once, so that fields that depend on each other can be set in any order.

    Args:
        recipe: The recipe to begin with.
        changes: JSON by the name of the field, or plain text for a field of text: `"8"`, `"null"`,
            `"[224, 224]"`, `"nl_i3d_r50"`. A dot leads into a mapping: `"arguments.blocks"`.

    Raises:
        ValueError: A field is unknown, or its value is not of its type or out of range.

    Example:

    >>> recipe = Recipe("nl_i3d_small", frames=8, stride=4, size=(56, 56), epochs=10)
    >>> change_recipe(recipe, {"batch_size": "4", "arguments.blocks": "1"}).arguments
    {'blocks': 1}
    """
    kinds, values = get_type_hints(Recipe), dict(vars(recipe))
    for path, text in changes.items():
        name, dot, key = path.partition(".")
        kind = kinds[one_of("field of a recipe", name, kinds)]
        value = _from_text(text, kind)
        if dot:
            value = {**_mapping(name, values[name]), key: value}
        values[name] = parse(kind, value, f"`{name}`")
    return Recipe(**values)


def _mapping(name: str, value: Any) -> Mapping:
    if not isinstance(value, Mapping):
        raise ValueError(f"`{name}` is no mapping, so nothing in it can be set by a dot.")
    return value


def _from_text(text: str, kind: Any) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    is_text = kind in (str, str | None)
    return text if is_text and not isinstance(value, str | None) else value
