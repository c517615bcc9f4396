"""The folder of a training run: what lies in it, and the network that came out of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras

from ..data import check_manifest, read_source
from ..data.shards.shard_set import holds_shards, read_set
from ..replacing import replacing
from ..schema import parse, parse_json
from ..validation import one_of
from ..weights import load_weights
from .network import build
from .recipe import Recipe
from .recipe_files import read_recipe, write_recipe

RECIPE, DATA = "recipe.json", "data.json"
CHECKPOINT = "checkpoint.npz"
LAST, BEST = "last.weights.h5", "best.weights.h5"
_OTHERS = "there others, or with other names, labels, parts or order"
_OTHER = {
    "digest": f"  videos: {_OTHERS}",
    "validation": f"  videos for validation: {_OTHERS}, or now none",
}
# The files that `read_run` looks for.
WEIGHTS = {None: (BEST, LAST), "best": (BEST,), "last": (LAST,)}


@dataclass(frozen=True)
class TrainingData:
    """What a run was trained on.

    Attributes:
        source: What it was called.
        clips: How many videos an epoch has.
        class_names: By number.
        multi_label: Whether a video may show several classes.
        digest: Of the videos' names, labels and parts, in order.
        validation: The same of the videos that the best weights are chosen by.
    """

    source: str
    clips: int
    class_names: tuple[str, ...]
    multi_label: bool
    digest: str
    validation: str | None = None


@dataclass(frozen=True)
class Run:
    """A trained network, and all that it takes to ask it.

    Attributes:
        model: From prepared clips to probabilities.
        recipe: It was trained by.
        class_names: By number.
        history: One row an epoch: numbers by name.
    """

    model: keras.Model
    recipe: Recipe
    class_names: tuple[str, ...]
    history: Sequence[Mapping[str, Any]] = ()


def read_run(folder: str | os.PathLike[str], *, weights: str | None = None) -> Run:
    """Reads the network of a run.

    Args:
        folder: What `train` wrote.
        weights: `"best"` or `"last"`; the best, if the run was validated, else the last, if `None`.

    Raises:
        FileNotFoundError: It is no folder of a run, or it has no such weights yet.
        ValueError: `weights` is something else.

    Example:
        run = read_run("runs/actions")
        probabilities = run.model.predict(prepare(clips, **run.recipe.preparation))
    """
    folder = Path(folder)
    missing = [name for name in (RECIPE, DATA) if not (folder / name).is_file()]
    names = WEIGHTS[one_of("weights", weights, WEIGHTS)]
    found = [folder / name for name in names if (folder / name).is_file()]
    if missing or not found:
        raise FileNotFoundError(
            f"{str(folder)!r} is not the folder of a training run that has come so far. "
            f"Missing: {', '.join(missing or names)}"
        )
    recipe, data = read_recipe(folder / RECIPE), read_data(folder)
    model = build(recipe, len(data.class_names), read_weights=False).classifier
    load_weights(model, found[0])
    return Run(model, recipe, data.class_names, read_history(folder))


def read_data(folder: Path) -> TrainingData:
    """What the run of a folder was trained on."""
    where = str(folder / DATA)
    return parse(TrainingData, parse_json((folder / DATA).read_text("utf-8"), where), where)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The rows of `metrics.jsonl`, one an epoch."""
    path = folder / "metrics.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    return [parse_json(line, str(path)) for line in lines]


def check_folder(folder: Path, recipe: Recipe, data: TrainingData) -> None:
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
        _check_same(folder / RECIPE, read_recipe(folder / RECIPE), recipe)
    if (folder / DATA).exists():
        before = read_data(folder)
        if before.validation is None:  # so far; then it may begin
            before = replace(before, validation=data.validation)
        _check_same(folder / DATA, before, data)


def begin(folder: Path, recipe: Recipe, data: TrainingData) -> None:
    """Writes down what a run is."""
    folder.mkdir(parents=True, exist_ok=True)
    for partial in folder.glob(".[0-9]*.*"):  # of a process that was killed while it wrote
        partial.unlink()
    write_recipe(recipe, folder / RECIPE)
    with replacing(folder / DATA) as partial:
        partial.write_text(json.dumps(asdict(data), indent=2) + "\n", "utf-8")


def open_source(source: Any, split: str | None = None) -> tuple[Any, TrainingData]:
    """Videos to train on, read once, and what they are.

    Returns:
        A manifest, or the folder of shards, and its description.

    Raises:
        ValueError: The source has no such split; shards have none.
    """
    name = str(source) if isinstance(source, str | os.PathLike) else type(source).__name__
    if holds_shards(source):
        if split is not None:
            raise ValueError(
                f"Shards have no splits: write those of each into a folder of its own. "
                f"Received: split={split!r} of {name!r}"
            )
        shards = read_set(source)
        kinds = shards.class_names, shards.multi_label
        return source, TrainingData(name, shards.clips, *kinds, shards.source)
    manifest = read_source(source, split=split)
    check_manifest(manifest)
    kinds = manifest.class_names if manifest.labelled else (), manifest.multi_label
    return manifest, TrainingData(name, len(manifest), *kinds, manifest.digest)


def _check_same(path: Path, there: Recipe | TrainingData, given: Recipe | TrainingData) -> None:
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
