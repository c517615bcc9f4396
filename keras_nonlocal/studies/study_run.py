"""Study -> results: each network is trained and tested once, by one process or several."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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
from .study import Study, Trial, divided, groups_of, tasks_of

VIDEOS = "videos.json"


@dataclass(frozen=True)
class Result:
    """What came out for one network, seed and group.

    Attributes:
        group: Left out of training, and tested.
        seed: Of the training.
        videos, right: How many were tested, and how many of them were recognized.
        loss: Of the last epoch.
        seconds: That training took.
    """

    group: str
    seed: int
    videos: int
    right: int
    loss: float
    seconds: float


def run_study(
    study: Study,
    recipe: VideoRecipe,
    source: Any,
    folder: PathLike,
    *,
    shard: tuple[int, int] = (0, 1),
    strategy: str = "one",
    verbose: bool = True,
) -> None:
    """Trains and tests what is not done yet; the same call goes on where it stopped.

    Each result is a file of `folder/results`. Seeds come one after the other, so that a study that
    was stopped early has all rows alike. What another process is training is left to it, and a
    training that stops does not keep others from being tried.

    Args:
        study, recipe: As `read_study` gives them.
        source: Videos and their classes, always the same for one folder.
        folder: Where results are kept, and runs while they last.
        shard: `(index, count)`: only this one of so many equal parts, for several processes.
        strategy: Over which devices, as in `train`.
        verbose: Whether to print a line for each result.

    Raises:
        ValueError: A file's name has no group, there is one group only, `shard` is none, or the
            folder has results of other videos.
        TrainingStopped: At the end, if one did; see `train`.

    Example:
        study, recipe = read_study(study_path("table2_weizmann"))
        run_study(study, recipe, "weizmann", "runs/table2")
    """
    index, count = shard
    if not 0 <= index < count:
        raise ValueError(
            "`shard` must be (index, count) with an index from 0 to below count. "
            f"Received: shard={shard!r}"
        )
    folder, videos = Path(folder), read_source(source)
    tasks = list(tasks_of(study, recipe, groups_of(study, videos)))
    check_videos(folder, videos)
    stopped = []
    for number, task in enumerate(tasks):
        if number % count != index:
            continue
        with _claimed(folder, task) as is_ours:
            if not is_ours:
                continue
            try:
                told = _train(task, study, videos, folder, strategy)
            except TrainingStopped as error:
                stopped.append(error)
                told = str(error)
        if verbose:
            print(f"{number + 1}/{len(tasks)} {task.key} {told}", flush=True)
    if stopped:
        raise TrainingStopped(
            f"{len(stopped)} of {len(tasks)} trainings stopped. The first: {stopped[0]}"
        )


def check_videos(folder: Path, videos: Manifest) -> None:
    """Results of one folder are of the same videos; the first call writes down which.

    Raises:
        ValueError: The folder has results of others.
    """
    path = folder / VIDEOS
    if not path.exists():
        if not (folder / "results").exists():
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as partial:
                partial.write_text(json.dumps({"digest": videos.digest}) + "\n", "utf-8")
        return
    if parse_json(path.read_text("utf-8"), str(path)) != {"digest": videos.digest}:
        raise ValueError(
            f"{str(folder)!r} has results of other videos, or of the same with other names, labels "
            "or order. Name another folder."
        )


def result_file(folder: Path, task: Trial) -> Path:
    """Where the result of a task is kept."""
    return folder / "results" / f"{task.key}.json"


def read_result(folder: Path, task: Trial) -> Result | None:
    """The result of a task; `None` before there is one.

    Raises:
        ValueError: The file is damaged.
    """
    path = result_file(folder, task)
    if not path.exists():
        return None
    try:
        return parse(Result, parse_json(path.read_text("utf-8"), str(path)), str(path))
    except ValueError as error:
        raise ValueError(f"{error}. Delete the file, and run the study again.") from error


@contextmanager
def _claimed(folder: Path, task: Trial) -> Iterator[bool]:
    """Whether a task is left to do, and no other process is at it; then none will be."""
    if result_file(folder, task).exists():
        yield False
        return
    path = folder / "runs" / f".{task.key}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield not result_file(folder, task).exists()
    finally:
        lock.release()
        if result_file(folder, task).exists():
            path.unlink(missing_ok=True)


def _train(task: Trial, study: Study, videos: Manifest, folder: Path, strategy: str) -> str:
    """Train, test and keep what came out; what to tell of it."""
    run_folder = folder / "runs" / task.key
    found = _result(task, study, videos, run_folder, strategy)
    with replacing(result_file(folder, task)) as partial:
        partial.write_text(json.dumps(asdict(found)) + "\n", "utf-8")
    shutil.rmtree(run_folder, ignore_errors=True)
    return f"{found.right}/{found.videos} right, {found.seconds:.0f} s"


def _result(task: Trial, study: Study, videos: Manifest, folder: Path, strategy: str) -> Result:
    trained_on, tested_on = divided(study, task.group, videos)
    keras.utils.clear_session()
    run = train(task.recipe, trained_on, folder, strategy=strategy, report=False, verbose=0)
    scores = Evaluator(task.recipe.testing_clip).evaluate(run.model, tested_on, progress=False)
    return Result(
        group=task.group,
        seed=task.recipe.seed,
        videos=len(scores.paths),
        right=round(top_k(scores, 1) * len(scores.paths)),
        loss=run.history[-1]["loss"],
        seconds=sum(row["seconds"] for row in run.history),
    )
