"""Study -> results: each network is trained and evaluated once, by one process or several."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
from filelock import FileLock, Timeout

from ..data.manifest import Manifest
from ..data.sources.read import read_source
from ..metrics.metrics import top_k
from ..tasks.train import train
from ..tasks.video_classification.evaluator import Evaluator
from ..tasks.video_classification.recipe import VideoRecipe
from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.errors import TrainingStopped
from ..utils.schema import parse, parse_json
from .study import Study, Trial, recipe_of

Videos = tuple[Manifest, Manifest]  # to train on, and to evaluate


@dataclass(frozen=True)
class StudyResult:
    """What was measured for one network, seed and group.

    Attributes:
        group: The group that was left out of training and evaluated.
        seed: The seed of the training.
        videos, right: How many videos were evaluated, and how many of them were recognized.
        loss: The loss of the last epoch.
        seconds: How long the training took.
    """

    group: str
    seed: int
    videos: int
    right: int
    loss: float
    seconds: float


def run_study(
    study: Study, recipe: VideoRecipe, source: Any, folder: PathLike, *, strategy: str = "one"
) -> None:
    """Trains and evaluates what is not done yet; the same call resumes a study that was stopped.

    Each result is a file of `folder/results`. All networks are trained with the first seed, then
    with the next one. Several processes may run one study: each leaves to the others what they
    train. A training that stops does not keep others from being tried. A line for each result goes
    to standard error.

    Args:
        study, recipe: As `read_study` gives them.
        source: Videos and their classes, always the same for one folder.
        folder: Where results are kept, and runs while they last.
        strategy: Over which devices, as in `train`.

    Raises:
        ValueError: The videos have not the groups that the study names, or the folder has results
            of other videos.
        TrainingStopped: A training stopped; this is raised after the others were tried.

    Example:
        study, recipe = read_study("table2_weizmann")
        run_study(study, recipe, "weizmann", "runs/table2")
    """
    folder, videos = Path(folder), read_source(source)
    groups = study.groups(videos)
    check_videos(folder, videos)
    trials = trials_of(study, recipe, groups)
    stopped = []
    for number, trial in enumerate(trials, 1):
        try:
            said = _train_if_left(trial, groups[trial.group], folder, strategy)
        except TrainingStopped as error:
            stopped.append(said := str(error))
        if said:
            print(f"{number}/{len(trials)} {trial.key} {said}", file=sys.stderr, flush=True)
    if stopped:
        raise TrainingStopped(
            f"{len(stopped)} of {len(trials)} trainings stopped. The first: {stopped[0]}"
        )


def trials_of(study: Study, recipe: VideoRecipe, groups: Iterable[str]) -> list[Trial]:
    """All trainings of a study, each once."""
    trials = (
        Trial(recipe_of(row, recipe, seed), group)
        for seed in study.seeds
        for row in study.rows
        for group in groups
    )
    return list({trial.key: trial for trial in trials}.values())


def check_videos(folder: Path, videos: Manifest) -> None:
    """Keeps results of other videos out of a folder; the first call writes down which videos.

    Raises:
        ValueError: The folder has results of other videos.
    """
    path, expected = folder / "videos.json", {"digest": videos.digest}
    if not path.exists() and not (folder / "results").exists():
        with replacing(path) as partial:
            partial.write_text(json.dumps(expected) + "\n", "utf-8")
    if path.exists() and parse_json(path.read_bytes(), str(path)) != expected:
        raise ValueError(
            f"{str(folder)!r} has results of other videos, or of the same with other names, labels "
            "or order. Name another folder."
        )


def read_result(folder: Path, trial: Trial) -> StudyResult | None:
    """The result of a training; `None` before there is one.

    Raises:
        ValueError: The file is damaged.
    """
    path = _result_file(folder, trial)
    if not path.exists():
        return None
    where = f"{path} (delete it to train this network again)"
    return parse(StudyResult, parse_json(path.read_bytes(), where), where)


def _result_file(folder: Path, trial: Trial) -> Path:
    return folder / "results" / f"{trial.key}.json"


def _train_if_left(trial: Trial, videos: Videos, folder: Path, strategy: str) -> str:
    """What came out; nothing if there is a result already, or another process is at it."""
    path, run_folder = _result_file(folder, trial), folder / "runs" / trial.key
    lock = run_folder.with_name(f".{trial.key}.lock")
    if path.exists():
        return ""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with suppress(Timeout), FileLock(lock, timeout=0):
        said = "" if path.exists() else _train(trial, videos, path, run_folder, strategy)
        lock.unlink()
        return said
    return ""


def _train(trial: Trial, videos: Videos, path: Path, run_folder: Path, strategy: str) -> str:
    trained_on, evaluated = videos
    keras.utils.clear_session()
    run = train(trial.recipe, trained_on, run_folder, strategy=strategy, report=False, verbose=0)
    scores = Evaluator(trial.recipe.testing_clip).evaluate(run.model, evaluated, progress=False)
    count, right = len(scores.paths), round(top_k(scores, 1) * len(scores.paths))
    loss, seconds = run.history[-1]["loss"], sum(row["seconds"] for row in run.history)
    found = StudyResult(trial.group, trial.recipe.seed, count, right, loss, seconds)
    with replacing(path) as partial:
        partial.write_text(json.dumps(asdict(found)) + "\n", "utf-8")
    shutil.rmtree(run_folder, ignore_errors=True)
    return f"{right}/{count} right, {seconds:.0f} s"
