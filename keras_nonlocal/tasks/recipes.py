"""Recipes of all tasks: those that come along, by name, and those of JSON files, by path."""

from __future__ import annotations

import os
from typing import Any

from ..pretrained.entries import entries_root, recipe_names
from ..training.recipe_files import recipe_json
from ..utils.checks import PathLike, one_of
from ..utils.schema import parse
from .table import TASKS


def find_recipe(name: PathLike) -> Any:
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
    if not os.path.isfile(name):
        raise FileNotFoundError(
            f"There is no recipe {os.fspath(name)!r}. Expected the path of a JSON file, or one of "
            f"{', '.join(recipe_names())}."
        )
    return read_recipe(name)


def read_recipe(path: PathLike) -> Any:
    """Reads a recipe from a JSON file, as the class of the task that it names.

    Returns:
        A `VideoRecipe`, or that of another task; all are `BaseRecipe`s.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not JSON, or a field is unknown, missing or out of range.

    Example:
        recipe = read_recipe("zoo/nl_i3d_small_weizmann/recipe.json")
    """
    content, where = recipe_json(path)
    if not isinstance(content, dict):
        raise ValueError(f"{where} must be an object with the fields of a recipe.")
    if "task" not in content:
        raise ValueError(f"{where} lacks the field `task`: one of {', '.join(TASKS)}.")
    try:
        task = one_of("task", content["task"], TASKS)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return parse(TASKS[task].Recipe, content, where)
