"""Recipes of any task are written to JSON, read from JSON, and changed by text."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike, one_of
from ..utils.schema import parse, parse_json
from .recipe import BaseRecipe

Recipe = TypeVar("Recipe", bound=BaseRecipe)


def recipe_json(path: PathLike) -> tuple[Any, str]:
    """Reads the JSON file of a recipe.

    Args:
        path: Path of the file.

    Returns:
        The content of the file, and a name of the file for error messages.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not JSON.
    """
    where = f"The recipe {os.fspath(path)!r}"
    return parse_json(Path(path).read_bytes(), where), where


def read_recipe_as(kind: type[Recipe], path: PathLike) -> Recipe:
    """Reads a recipe of a known class from its JSON file."""
    return parse(kind, *recipe_json(path))


def write_recipe(recipe: BaseRecipe, path: PathLike) -> None:
    """Writes a recipe to a JSON file; fields with their default values are left out.

    Args:
        recipe: The recipe to write.
        path: Path of the file, which `keras_nonlocal.tasks.read_recipe` reads.

    Raises:
        OSError: The file cannot be written.

    Example:
        write_recipe(recipe.changed(batch_size=4), "recipe.json")
    """
    with replacing(path) as partial:
        partial.write_text(json.dumps(chosen(recipe), indent=2) + "\n", "utf-8")


def chosen(recipe: BaseRecipe) -> dict[str, Any]:
    """Returns the task of a recipe, and the fields that differ from their defaults.

    >>> chosen(BaseRecipe(task="mine", epochs=10, momentum=0.9))
    {'task': 'mine', 'epochs': 10}
    """
    defaults = {
        each.name: {} if each.default is MISSING else each.default for each in fields(recipe)
    }
    values = asdict(recipe).items()
    return {name: value for name, value in values if name == "task" or value != defaults[name]}


def change_recipe(recipe: Recipe, changes: Mapping[str, str]) -> Recipe:
    """Returns a recipe with some fields set from text, as on a command line.

    All fields change at once, so fields that depend on each other can be given in any order.

    Args:
        recipe: The recipe to change.
        changes: The new value of each field by its name, as JSON or, for a field of text, as plain
            text: `"8"`, `"null"`, `"[224, 224]"`, `"nl_i3d_r50"`. A dot in the name selects an item
            of a mapping: `"arguments.blocks"`.

    Returns:
        A new recipe of the same class.

    Raises:
        ValueError: A field is unknown, or its value is not of its type or out of range.

    Example:

    >>> recipe = BaseRecipe(task="mine", epochs=10)
    >>> change_recipe(recipe, {"batch_size": "4", "arguments.blocks": "1"}).arguments
    {'blocks': 1}
    """
    kinds, values = get_type_hints(type(recipe)), dict(vars(recipe))
    for path, text in changes.items():
        name, dot, key = path.partition(".")
        kind = kinds[one_of("field of a recipe", name, kinds)]
        value = _from_text(text, kind)
        if dot:
            if not isinstance(values[name], Mapping):
                raise ValueError(
                    f"`{name}` is not a mapping, so it has no items. Set the field itself: "
                    f"{name}=VALUE. Received: {path}={text}"
                )
            value = {**values[name], key: value}
        values[name] = parse(kind, value, f"`{name}`")
    return type(recipe)(**values)


def _from_text(text: str, kind: Any) -> Any:
    try:
        value = parse_json(text, "The value")
    except ValueError:
        return text
    # A field of text keeps the text "8", which is a number in JSON.
    is_text = kind in (str, str | None)
    return text if is_text and not isinstance(value, str | None) else value
