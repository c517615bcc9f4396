"""What is compared: recipes on the same videos, several seeds each, as in the paper's Table 2."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from .. import models
from ..data.manifest import Manifest
from ..models.families import Design, design, placement
from ..tasks.recipes import read_recipe
from ..tasks.video_classification.recipe import VideoRecipe
from ..training.recipe_files import change_recipe, chosen
from ..utils.checks import PathLike
from ..utils.entries import entries_root, study_names
from ..utils.schema import parse, parse_json


@dataclass(frozen=True)
class StudyRow:
    """One network of a table.

    Attributes:
        table: The part of the study that it belongs to, such as `"a: instantiations"`. The other
            rows of a table are compared with its first row.
        name: The name of the network in the table.
        changes: Values by field of the recipe; `"arguments.blocks"` leads into a mapping.
        published: The accuracy that the paper gives, in percent, to stand beside ours.
    """

    table: str
    name: str
    changes: Mapping[str, Any]
    published: float | None = None


@dataclass(frozen=True)
class Study:
    """Which networks are compared, on which parts of the data, and with which seeds.

    Attributes:
        about: One line that says what the study is about.
        recipe: The path of the recipe that the rows change, relative to the study's file.
        rows: The networks. Rows with the same recipe are trained once.
        seeds: Each network is trained with each of these seeds.
        group: A regular expression, whose first parenthesis finds the group of a file in its name,
            such as the person. Each group is left out of training once and evaluated.
        split, validation_subset: Without `group`, the split to train on and the one to evaluate.

    Raises:
        ValueError: There are no rows or no seeds, two of them are the same, or it is not said what
            to train on and what to evaluate.

    Example:

    >>> rows = (StudyRow("a", "baseline", {"builder": "c2d_small"}), StudyRow("a", "one block", {}))
    >>> study = Study("One block", "recipe.json", rows, seeds=(0, 1), group="^([a-z]+)_")
    >>> len(study.rows) * len(study.seeds)
    4
    """

    about: str
    recipe: str
    rows: tuple[StudyRow, ...]
    seeds: tuple[int, ...]
    group: str | None = None
    split: str | None = None
    validation_subset: str | None = None

    def __post_init__(self):
        names = [(row.table, row.name) for row in self.rows]
        for name, values in (("rows", names), ("seeds", list(self.seeds))):
            if not values or len(set(values)) < len(values):
                raise ValueError(
                    f"A study needs `{name}`, no two of them the same. Received: {values}"
                )
        splits = [name for name in (self.split, self.validation_subset) if name is not None]
        if len(set(splits)) != (2 if self.group is None else 0):
            raise ValueError(
                "A study needs either a `group` to leave out, or two different splits, `split` to "
                f"train on and `validation_subset` to evaluate. Received: group={self.group!r} and "
                f"the splits {splits}"
            )

    def groups(self, videos: Manifest) -> dict[str, tuple[Manifest, Manifest]]:
        """The groups of the videos; for each one what to train on, and what to evaluate.

        Without a rule there is one group, which has the name of `validation_subset`.

        Raises:
            ValueError: The rule does not find two groups, or a split is empty.
        """
        if self.group is None:
            name = str(self.validation_subset)
            return {name: (videos.split(str(self.split)), videos.split(name))}
        pairs = [(entry, _group(self.group, Path(entry.path).name)) for entry in videos]
        names = sorted({group for _, group in pairs})
        if len(names) < 2:
            raise ValueError(
                "`group` must find at least two groups, of which one at a time is left out. "
                f"Received: group={self.group!r}, which finds {names}"
            )
        return {
            name: (
                replace(videos, entries=tuple(entry for entry, group in pairs if group != name)),
                replace(videos, entries=tuple(entry for entry, group in pairs if group == name)),
            )
            for name in names
        }


class Trial(NamedTuple):
    """One training of a study."""

    recipe: VideoRecipe
    group: str

    @property
    def key(self) -> str:
        """The name of its files; it is the same for the same recipe and group."""
        values = {name: value for name, value in chosen(self.recipe).items() if name != "task"}
        text = json.dumps(values, sort_keys=True)
        return f"{hashlib.sha256(text.encode()).hexdigest()[:12]}_{self.group}"


def read_study(name: PathLike) -> tuple[Study, VideoRecipe]:
    """Reads a study, and the recipe that it changes.

    Args:
        name: The name of a study of the zoo, or the path of a JSON file.

    Returns:
        The study and its recipe.

    Raises:
        FileNotFoundError: There is no such study.
        ValueError: The file is no study, or a row's changes do not fit the recipe or the builder.

    Example:

    >>> study, recipe = read_study("table2_kinetics")
    >>> len(study.rows), recipe.steps
    (36, 400000)
    """
    in_zoo = str(name) in study_names()
    path = entries_root() / str(name) / "study.json" if in_zoo else Path(name)
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no study {str(name)!r}. Expected the path of a JSON file, or one of "
            f"{', '.join(study_names())}."
        )
    where = f"The study {str(path)!r}"
    study = parse(Study, parse_json(path.read_bytes(), where), where)
    recipe = read_recipe(path.parent / study.recipe)
    for row in study.rows:
        recipe_of(row, recipe)
    return study, recipe


def recipe_of(row: StudyRow, recipe: VideoRecipe, seed: int = 0) -> VideoRecipe:
    """The recipe of a row with one of the seeds."""
    texts = {name: json.dumps(value) for name, value in row.changes.items()}
    try:
        changed = change_recipe(recipe, texts)
        _check_network(changed)
    except ValueError as error:
        raise ValueError(f"The row {row.name!r} of {row.table!r}: {error}") from error
    return replace(changed, seed=seed, about="")


def _check_network(recipe: VideoRecipe) -> None:
    """Finds errors without building the network: after hours of other rows it is too late."""
    given, known = recipe.arguments, inspect.signature(getattr(models, recipe.builder)).parameters
    if unknown := sorted(given.keys() - known.keys()):
        raise ValueError(f"{recipe.builder} has no arguments {unknown}. It has: {', '.join(known)}")
    choices = {each.name: given.get(each.name) for each in fields(Design)}
    placement(recipe.builder, design(recipe.builder, choices, None))
    if recipe.multi_label:
        raise ValueError("A study compares top-1 accuracies. Received: multi_label=True")


def _group(rule: str, name: str) -> str:
    try:
        # No match is `None`, and its TypeError is handled below.
        return re.search(rule, name)[1] or ""  # type: ignore[index]
    except (re.error, TypeError, IndexError) as error:
        raise ValueError(
            "`group` must be a regular expression whose first parenthesis finds a group in the "
            f"name of each file, such as '^([a-z]+)_'. Received: group={rule!r}, file {name!r}"
        ) from error
