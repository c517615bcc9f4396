"""The folder of a training run: what lies in it, and whether a run may go on in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike, one_of
from ..utils.schema import parse, parse_json
from .checkpoint import restore_checkpoint
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


class RunFolder:
    """The folder of a training run, where there is one; a run begins in an empty one.

    Args:
        path: Where it is; `None` for nowhere.
        recipe, data: Of the run.
        writes: Whether this process writes, as the chief of several workers does.

    Raises:
        ValueError: The folder holds a run of another recipe or other data, or something else.
        NotADirectoryError: It is a file.
    """

    def __init__(
        self,
        path: PathLike | None,
        recipe: BaseRecipe,
        data: TrainingData,
        *,
        writes: bool = True,
    ):
        self.path = None if path is None else Path(path)
        self.writes = writes and self.path is not None
        self._recipe, self._data = recipe, data
        if self.writes:
            self._check(Path(str(self.path)))

    @property
    def is_begun(self) -> bool:
        """Whether there is a checkpoint to resume from; nothing else is needed to start with."""
        return self.path is not None and (self.path / CHECKPOINT).exists()

    def begin(self, trainer: keras.Model) -> dict[str, Any]:
        """Writes down what the run is, and sets its network to the last checkpoint.

        Returns:
            The notes of that checkpoint, or those of a new run.
        """
        if self.path is not None and self.writes:
            self._write_down(self.path)
        if self.path is not None and self.is_begun:
            return restore_checkpoint(self.path / CHECKPOINT, trainer)
        return {"step": 0, "history": [], "part": {}}

    def _write_down(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        for partial in path.glob(".[0-9]*.*"):  # of a process that was killed while it wrote
            partial.unlink()
        write_recipe(self._recipe, path / RECIPE)
        with replacing(path / DATA) as partial:
            partial.write_text(json.dumps(asdict(self._data), indent=2) + "\n", "utf-8")

    def _check(self, path: Path) -> None:
        if not path.exists():
            return
        files = [each.name for each in path.iterdir() if not each.name.startswith(".")]
        if files and RECIPE not in files:
            raise ValueError(
                f"{path} holds something else than a training run. Name a new or empty folder."
            )
        if RECIPE in files:
            there = read_recipe_as(type(self._recipe), path / RECIPE)
            _check_same(path / RECIPE, there, self._recipe)
        if DATA in files:
            before = read_data(path)
            if before.validation is None:  # so far; then it may begin
                before = replace(before, validation=self._data.validation)
            _check_same(path / DATA, before, self._data)


def weights_file(folder: PathLike, which: str | None = None) -> Path:
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
