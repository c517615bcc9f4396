"""What is compared: recipes on the same videos, several seeds each, as in the paper's Table 2."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from .. import models
from ..data.manifest import Entry, Manifest
from ..models.families import Design, design, placement
from ..pretrained.entries import entries_root, study_names
from ..tasks.recipes import read_recipe
from ..tasks.video_classification.recipe import VideoRecipe
from ..training.recipe_files import change_recipe, chosen
from ..utils.checks import PathLike, at_least
from ..utils.schema import parse, parse_json


@dataclass(frozen=True)
class Row:
    """One network of a table.

    Attributes:
        table: Which part of the study it belongs to, such as `"a: instantiations"`. The first row
            of each table is what its others are compared with.
        name: What it is called there.
        changes: Values by field of the recipe; `"arguments.blocks"` leads into a mapping.
        published: The accuracy that the paper gives, in percent, to stand beside ours.
    """

    table: str
    name: str
    changes: Mapping[str, Any]
    published: float | None = None


@dataclass(frozen=True)
class Study:
    """What is compared, on which parts of the data, and how often.

    Attributes:
        about: One line.
        recipe: Path of the recipe that rows change, seen from the study's file.
        rows: The networks. Rows of the same recipe are trained once.
        seeds: Each network is trained with each of them.
        group: A regular expression, whose first parenthesis finds in a file's name the group it
            belongs to, such as the person. Each group is left out of training once and tested.
        split, validation_subset: Without `group`: what to train on, and what to test on.

    Raises:
        ValueError: There are no rows or no seeds, two are the same, or it is not said what to
            train on and what to test on.
    """

    about: str
    recipe: str
    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    group: str | None = None
    split: str | None = None
    validation_subset: str | None = None

    def __post_init__(self):
        _check_distinct("rows", [(row.table, row.name) for row in self.rows])
        _check_distinct("seeds", self.seeds)
        for seed in self.seeds:
            at_least("seeds", seed, 0)
        splits = (self.split, self.validation_subset)
        if self.group is not None and splits == (None, None):
            _check_rule(self.group)
        elif self.group is not None or None in splits or self.split == self.validation_subset:
            raise ValueError(
                "A study needs either a `group` to leave out, or two different splits, `split` to "
                f"train on and `validation_subset` to test on. Received: group={self.group!r}, "
                f"split={self.split!r}, validation_subset={self.validation_subset!r}"
            )

    @property
    def tables(self) -> list[str]:
        """Their names, in order."""
        return list(dict.fromkeys(row.table for row in self.rows))


class Trial(NamedTuple):
    """One training of a study."""

    recipe: VideoRecipe
    group: str

    @property
    def key(self) -> str:
        """Names its files; the same recipe and group have the same."""
        fields = {name: value for name, value in chosen(self.recipe).items() if name != "task"}
        text = json.dumps(fields, sort_keys=True)
        return f"{hashlib.sha256(text.encode()).hexdigest()[:12]}_{self.group}"


def study_path(name: PathLike) -> Path:
    """The file of a study that comes along, by its name, or of any other, by its path."""
    if str(name) in study_names():
        return entries_root() / str(name) / "study.json"
    if not Path(name).is_file():
        raise FileNotFoundError(
            f"There is no study {os.fspath(name)!r}. Expected the path of a JSON file, or one of "
            f"{', '.join(study_names())}."
        )
    return Path(name)


def read_study(path: PathLike) -> tuple[Study, VideoRecipe]:
    """A study and the recipe that it changes, from its JSON file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is no study, or a row's changes do not fit the recipe or the builder.

    Example:
        study, recipe = read_study("zoo/table2_weizmann/study.json")
    """
    path = Path(path)
    where = f"The study {str(path)!r}"
    study = parse(Study, parse_json(path.read_text("utf-8"), where), where)
    recipe = read_recipe(path.parent / study.recipe)
    for row in study.rows:
        recipe_of(row, recipe)
    return study, recipe


def recipe_of(row: Row, recipe: VideoRecipe, seed: int = 0) -> VideoRecipe:
    """The recipe of a row with one of the seeds."""
    texts = {name: json.dumps(value) for name, value in row.changes.items()}
    try:
        changed = change_recipe(recipe, texts)
        _check_network(changed)
    except ValueError as error:
        raise ValueError(f"The row {row.name!r} of {row.table!r}: {error}") from error
    return replace(changed, seed=seed, about="")


def tasks_of(study: Study, recipe: VideoRecipe, groups: Sequence[str]) -> Iterator[Trial]:
    """All trainings of a study, each once."""
    seen = set()
    for seed in study.seeds:
        for changed in [recipe_of(row, recipe, seed) for row in study.rows]:
            for group in groups:
                task = Trial(changed, group)
                if task.key not in seen:
                    seen.add(task.key)
                    yield task


def groups_of(study: Study, videos: Manifest) -> list[str]:
    """The groups of the videos; a single one, named by its split, without a rule.

    Raises:
        ValueError: The rule finds nothing in a file's name, or one group only; a split is empty.
    """
    if study.group is None:
        for name in (study.split, study.validation_subset):
            videos.split(str(name))
        return [str(study.validation_subset)]
    groups = sorted({_group(study.group, entry.path) for entry in videos})
    if len(groups) < 2:
        raise ValueError(
            "`group` must find at least two groups, of which one at a time is left out. "
            f"Received: group={study.group!r}, which finds {groups}"
        )
    return groups


def divided(study: Study, group: str, videos: Manifest) -> tuple[Manifest, Manifest]:
    """What is trained on, and what is tested on."""
    if study.group is None:
        return videos.split(str(study.split)), videos.split(group)
    groups = [_group(study.group, entry.path) for entry in videos]
    kept: list[Entry] = []
    left: list[Entry] = []
    for entry, of in zip(videos, groups, strict=True):
        (left if of == group else kept).append(entry)
    return replace(videos, entries=tuple(kept)), replace(videos, entries=tuple(left))


def _group(pattern: str, path: str) -> str:
    found = re.search(pattern, Path(path).name)
    if not found or not found.group(1):
        raise ValueError(
            "`group` must find its first parenthesis in the name of each file. "
            f"Received: group={pattern!r}, file {Path(path).name!r}"
        )
    return found.group(1)


def _check_network(recipe: VideoRecipe) -> None:
    """Raises where building would, without building: after hours of other rows is too late."""
    given, known = recipe.arguments, inspect.signature(getattr(models, recipe.builder)).parameters
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        raise ValueError(f"{recipe.builder} has no arguments {unknown}. It has: {', '.join(known)}")
    choices = {each.name: given.get(each.name) for each in fields(Design)}
    placement(recipe.builder, design(recipe.builder, choices, None))
    if recipe.multi_label:
        raise ValueError("A study compares top-1 accuracies. Received: multi_label=True")


def _check_distinct(name: str, values: Sequence) -> None:
    repeated = sorted({value for value in values if list(values).count(value) > 1})
    if not values or repeated:
        raise ValueError(
            f"A study needs `{name}`, no two of them the same. "
            f"Received: {f'repeated {repeated}' if repeated else 'none'}"
        )


def _check_rule(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(
            f"`group` must be a regular expression: {error}. Received: group={pattern!r}"
        ) from error
    if not groups:
        raise ValueError(
            "`group` must have a parenthesis around what names the group, such as '^([a-z]+)_'. "
            f"Received: group={pattern!r}"
        )
