"""The folder of a training run: its files, and whether a run can resume in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras

from ..utils.atomic_files import only_process, replacing
from ..utils.checks import PathLike, one_of
from ..utils.schema import parse, parse_json
from .checkpoint import read_notes, restore_checkpoint
from .progress import Progress
from .recipe import BaseRecipe
from .recipe_files import read_recipe_as, write_recipe
from .task import TrainingData

RECIPE, DATA = "recipe.json", "data.json"
CHECKPOINT = "checkpoint.npz"
LAST, BEST = "last.weights.h5", "best.weights.h5"
_WEIGHTS = {None: (BEST, LAST), "best": (BEST,), "last": (LAST,)}
# The digests of the data: a difference between two of them tells a user nothing by itself.
_DATA_CHANGES = {
    "digest": "  examples: they, their names, labels, splits or order have changed",
    "validation": "  validation examples: they, their names, labels, splits or order have changed, "
    "or they are missing now",
}


@dataclass(frozen=True)
class Run:
    """A trained network with its recipe, classes and history.

    Attributes:
        model: The inference model, for example from preprocessed inputs to probabilities.
        recipe: The recipe by which it was trained.
        class_names: Names of the classes, in the order of the outputs.
        history: The metrics of each epoch, by name.

    Example:
        run = read_run("runs/actions")
        print(run.class_names, run.history[-1]["loss"])
    """

    model: keras.Model
    recipe: BaseRecipe
    class_names: tuple[str, ...]
    history: Sequence[Mapping[str, Any]] = ()


class RunFolder:
    """The folder of a training run.

    Args:
        path: Path of the folder; `None` writes nothing.
        recipe, data: Recipe and data of the run.
        is_writer: Whether this process writes to the folder, as the chief of several workers does.

    Raises:
        ValueError: The folder holds a run with another recipe or other data, or other files.
        NotADirectoryError: The path is that of a file.
    """

    def __init__(
        self,
        path: PathLike | None,
        recipe: BaseRecipe,
        data: TrainingData,
        *,
        is_writer: bool = True,
    ):
        self.path = None if path is None else Path(path)
        self.is_writer = is_writer and self.path is not None
        self._recipe, self._data = recipe, data
        if self.path is not None and self.is_writer:
            self._check(self.path)

    @property
    def has_checkpoint(self) -> bool:
        """Whether the run can resume from a checkpoint."""
        return self.path is not None and (self.path / CHECKPOINT).exists()

    def alone(self) -> AbstractContextManager[None]:
        """Keeps other processes from training in the folder; see `only_process`."""
        return only_process(self.path) if self.path and self.is_writer else nullcontext()

    def start(self, trainer: keras.Model) -> Progress:
        """Writes recipe and data, and restores the last checkpoint into the trainer.

        Returns:
            The progress in that checkpoint, or that of a new run.
        """
        if self.path is not None and self.is_writer:
            self._write_recipe_and_data(self.path)
        if self.path is not None and self.has_checkpoint:
            file = self.path / CHECKPOINT
            progress = parse(Progress, read_notes(file), f"The notes in {file}")
            restore_checkpoint(file, trainer)
            return progress
        return Progress()

    def _write_recipe_and_data(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        for partial in path.glob(".[0-9]*.*"):  # left by a process that was killed while it wrote
            partial.unlink()
        write_recipe(self._recipe, path / RECIPE)
        with replacing(path / DATA) as partial:
            partial.write_text(json.dumps(asdict(self._data), indent=2) + "\n", "utf-8")

    def _check(self, path: Path) -> None:
        if not path.exists():
            return
        if not path.is_dir():
            raise NotADirectoryError(f"{path} is a file. Expected the folder of a training run.")
        names = [file.name for file in path.iterdir() if not file.name.startswith(".")]
        if names and RECIPE not in names:
            raise ValueError(
                f"{path} must be empty or the folder of a training run. Received: a folder with "
                f"other files, such as {min(names)!r}. Choose a new folder."
            )
        if DATA in names and not {CHECKPOINT, LAST, BEST} & {*names}:
            return  # a start that failed before it saved anything, so other settings may follow
        if RECIPE in names:
            saved_recipe = read_recipe_as(type(self._recipe), path / RECIPE)
            _check_same(path / RECIPE, saved_recipe, self._recipe)
        if DATA in names:
            saved = read_data(path)
            if saved.validation is None:  # a run may be validated from its second part on
                saved = replace(saved, validation=self._data.validation)
            _check_same(path / DATA, saved, self._data)


def weights_file(folder: PathLike, which: str | None = None) -> Path:
    """Returns the path of the weights of a run.

    Args:
        folder: Folder of the run.
        which: `"best"`, `"last"`, or `None` for the best weights if the run was validated, and the
            last weights otherwise.

    Raises:
        FileNotFoundError: The folder is not that of a run, or it does not have these weights yet.
        ValueError: `which` is something else.
    """
    folder = Path(folder)
    names = _WEIGHTS[one_of("weights", which, _WEIGHTS)]
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {str(folder)!r} of a training run.")
    if missing := [name for name in (RECIPE, DATA) if not (folder / name).is_file()]:
        raise FileNotFoundError(
            f"{str(folder)!r} is not the folder of a training run. Missing: {', '.join(missing)}"
        )
    found = [folder / name for name in names if (folder / name).is_file()]
    if not found:
        raise FileNotFoundError(
            f"The training run {str(folder)!r} has not saved these weights yet. "
            f"Missing: {', '.join(names)}"
        )
    return found[0]


def read_data(folder: Path) -> TrainingData:
    """Reads the description of the data of a run."""
    where = str(folder / DATA)
    return parse(TrainingData, parse_json((folder / DATA).read_bytes(), where), where)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Reads `metrics.jsonl` of a run, one row for each epoch."""
    path = folder / "metrics.jsonl"
    lines = path.read_bytes().splitlines() if path.is_file() else []
    rows = (parse_json(line, str(path)) for line in lines)
    return [parse(Mapping[str, Any], row, f"A line of {path}") for row in rows]


def _check_same(
    path: Path, saved: BaseRecipe | TrainingData, given: BaseRecipe | TrainingData
) -> None:
    # Both sides are compared as JSON, where lists and tuples are the same.
    before, now = (json.loads(json.dumps(asdict(each))) for each in (saved, given))
    changed = [name for name in now if now[name] != before[name] and name != "source"]
    if changed:
        lines = [
            _DATA_CHANGES.get(name, f"  {name}: {before[name]!r} in the folder, now {now[name]!r}")
            for name in changed
        ]
        raise ValueError(
            f"{path} belongs to another run. Nothing was changed. Choose another folder, or use "
            "the settings of that run:\n" + "\n".join(lines)
        )
