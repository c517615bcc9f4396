"""The tasks of the package, and the recipes of all tasks by name or by path."""

from __future__ import annotations

import os
from typing import Any

from ..training.recipe_files import recipe_json
from ..utils.checks import PathLike, one_of
from ..utils.entries import entries_root, recipe_names
from ..utils.schema import parse
from .detection.task import Detection
from .segmentation.task import Segmentation
from .video_classification.task import VideoClassification


class _Tasks(dict[str, Any]):
    """A dictionary that raises an error with all names for an unknown name."""

    def __missing__(self, name: str) -> None:
        one_of("task", name, self)


# The class of each task by its name. A class follows `training.task.Task`, takes the arguments of
# `tasks.train`, and also has `Recipe`, `networks` and `predictor`, which read a run, and
# `Predictor`, which reads a card.
TASKS = _Tasks(
    detection=Detection,
    segmentation=Segmentation,
    video_classification=VideoClassification,
)


def find_recipe(name: PathLike) -> Any:
    """Reads a recipe of the package by its name, or a recipe from a JSON file by its path.

    Args:
        name: A name of `recipe_names()`, or the path of a JSON file.

    Returns:
        The recipe, as `read_recipe` returns it.

    Raises:
        FileNotFoundError: There is neither such a recipe nor such a file.
        ValueError: The file is not a recipe.

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
    """Reads a recipe from a JSON file.

    Args:
        path: Path of the file.

    Returns:
        A `VideoRecipe`, or the recipe class of another task that the file names.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not JSON, or a field is unknown, missing or out of range.

    Example:
        recipe = read_recipe("zoo/nl_i3d_small_weizmann/recipe.json")
    """
    content, where = recipe_json(path)
    task = content.get("task") if isinstance(content, dict) else None
    if task not in list(TASKS):
        raise ValueError(
            f"{where} must be a JSON object whose field `task` is one of "
            f"{', '.join(map(repr, TASKS))}. Received: task={task!r}"
        )
    return parse(TASKS[task].Recipe, content, where)
