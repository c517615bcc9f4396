"""The folder of a training run: what lies in it, and whether a run may go on in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras

from ..utils.atomic_files import replacing
from ..utils.checks import one_of
from ..utils.schema import parse, parse_json
from .recipe import BaseRecipe
from .recipe_files import read_recipe_as, write_recipe
from .task import TrainingData

RECIPE, DATA = "recipe.json", "data.json"
CHECKPOINT = "checkpoint.npz"
LAST, BEST = "last.weights.h5", "best.weights.h5"
_WEIGHTS = {None: (BEST, LAST), "best": (BEST,), "last": (LAST,)}
_OTHERS = "there others, or with other names, labels, parts or order"
_OTHER = {
    "digest": f"  examples: {_OTHERS}",
    "validation": f"  examples for validation: {_OTHERS}, or now none",
}


@dataclass(frozen=True)
class Run:
    """A trained network, and all that it takes to ask it.

    Attributes:
        model: The inference network, such as from prepared inputs to probabilities.
        recipe: It was trained by.
        class_names: By number.
        history: One row an epoch: numbers by name.
    """

    model: keras.Model
    recipe: BaseRecipe
    class_names: tuple[str, ...]
    history: Sequence[Mapping[str, Any]] = ()


def weights_file(folder: str | os.PathLike[str], which: str | None = None) -> Path:
    """The weights of a run.

    Args:
        folder: Of the run.
        which: `"best"` or `"last"`; the best, if the run was validated, else the last, if `None`.

    Raises:
        FileNotFoundError: It is no folder of a run, or it has no such weights yet.
        ValueError: `which` is something else.
    """
    folder = Path(folder)
    missing = [name for name in (RECIPE, DATA) if not (folder / name).is_file()]
    names = _WEIGHTS[one_of("weights", which, _WEIGHTS)]
    found = [folder / name for name in names if (folder / name).is_file()]
    if missing or not found:
        raise FileNotFoundError(
            f"{str(folder)!r} is not the folder of a training run that has come so far. "
            f"Missing: {', '.join(missing or names)}"
        )
    return found[0]


def read_data(folder: Path) -> TrainingData:
    """What the run of a folder was trained on."""
    where = str(folder / DATA)
    return parse(TrainingData, parse_json((folder / DATA).read_text("utf-8"), where), where)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The rows of `metrics.jsonl`, one an epoch."""
    path = folder / "metrics.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [parse_json(line, str(path)) for line in lines]


def check_folder(folder: Path, recipe: BaseRecipe, data: TrainingData) -> None:
    """A run begins in an empty folder, and goes on in its own.

    Raises:
        ValueError: The folder holds a run of another recipe or other data, or something else.
        NotADirectoryError: It is a file.
    """
    if not folder.exists():
        return
    if not (folder / RECIPE).exists() and any(
        not each.name.startswith(".") for each in folder.iterdir()
    ):
        raise ValueError(
            f"{folder} holds something else than a training run. Name a new or empty folder."
        )
    if (folder / RECIPE).exists():
        _check_same(folder / RECIPE, read_recipe_as(type(recipe), folder / RECIPE), recipe)
    if (folder / DATA).exists():
        before = read_data(folder)
        if before.validation is None:  # so far; then it may begin
            before = replace(before, validation=data.validation)
        _check_same(folder / DATA, before, data)


def begin(folder: Path, recipe: BaseRecipe, data: TrainingData) -> None:
    """Writes down what a run is."""
    folder.mkdir(parents=True, exist_ok=True)
    for partial in folder.glob(".[0-9]*.*"):  # of a process that was killed while it wrote
        partial.unlink()
    write_recipe(recipe, folder / RECIPE)
    with replacing(folder / DATA) as partial:
        partial.write_text(json.dumps(asdict(data), indent=2) + "\n", "utf-8")


def _check_same(
    path: Path, there: BaseRecipe | TrainingData, given: BaseRecipe | TrainingData
) -> None:
    """Compares as JSON, which knows no tuples."""
    before, now = (json.loads(json.dumps(asdict(each))) for each in (there, given))
    differing = [name for name in now if now[name] != before[name] and name != "source"]
    if differing:
        lines = [
            _OTHER.get(name, f"  {name}: there {before[name]!r}, now {now[name]!r}")
            for name in differing
        ]
        raise ValueError(
            f"{path} is of another run; nothing was changed. Name another folder, or go on as "
            "before.\n" + "\n".join(lines)
        )
