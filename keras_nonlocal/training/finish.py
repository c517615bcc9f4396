"""The end of a run: its weights and report are written, or an error explains why it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from ..report.page import write_report
from ..utils.atomic_files import replacing
from ..utils.errors import InputError, TrainingStopped, cause_of
from .callbacks import RunCheckpoint, RunHistory, write_metrics
from .run_folder import BEST, CHECKPOINT, LAST, Run, RunFolder
from .task import Task

REPORT = "report.html"
_FAILURES = (tf.errors.OpError, OSError, InputError, FloatingPointError)

# By whether the run diverged, and whether there is a checkpoint.
_ADVICE = {
    (False, False): "Nothing was saved yet. Remove the cause, and make the same call again.",
    (False, True): "The checkpoint of step {step} in {folder} is intact. Remove the cause, and "
    "make the same call to resume.",
    (True, False): "Nothing was saved yet. Change the recipe, and make the call again.",
    (True, True): "The checkpoint of step {step} in {folder} is intact, but from there the same "
    "call would stop again. Change the recipe, and choose another folder.",
}


@contextmanager
def explain_failure(history: RunHistory, checkpoint: RunCheckpoint) -> Iterator[None]:
    """Raises `TrainingStopped` for a failure, with its cause and the checkpoint to resume from."""
    try:
        yield
    except _FAILURES as error:
        diverged = isinstance(error, FloatingPointError)
        advice = _ADVICE[diverged, bool(checkpoint.folder and checkpoint.step)]
        saved = advice.format(step=checkpoint.step, folder=checkpoint.folder)
        raise TrainingStopped(
            f"Training stopped after step {history.step}: {cause_of(error)}. {saved}"
        ) from error


def is_finished(run_folder: RunFolder, *, report: bool) -> bool:
    """Whether the folder has the files that `finish` writes, newer than the last checkpoint."""
    folder = Path(str(run_folder.path))
    saved = (folder / CHECKPOINT).stat().st_mtime_ns
    files = [folder / LAST, *([folder / REPORT] if report else [])]
    return all(file.exists() and file.stat().st_mtime_ns >= saved for file in files)


def finish(run: Run, run_folder: RunFolder, task: Task, scores: Any, *, report: bool) -> None:
    """Writes the metrics, the last weights and the report, with the scores of the last evaluation.

    Without scores, the network is evaluated for the report.
    """
    folder = Path(str(run_folder.path))
    write_metrics([dict(row) for row in run.history], folder)
    with replacing(folder / LAST) as partial:
        run.model.save_weights(partial)
    if not report:
        return
    if scores is None:
        scores = task.score(run.model)
    seconds = sum(row["seconds"] for row in run.history)
    best = f"; `predict` and `evaluate` use {BEST}" if (folder / BEST).exists() else ""
    facts = [
        *task.facts(),
        ("weights evaluated here", f"{LAST}, of epoch {run.history[-1]['epoch']}{best}"),
        ("parameters", f"{run.model.count_params():,}"),
        ("steps", f"{run.history[-1]['step']:,} of {run.recipe.batch_size} examples"),
        ("time", f"{seconds / 3600:.2f} hours"),
        ("versions", f"Keras {keras.version()}, TensorFlow {tf.__version__}"),
    ]
    sections = {} if scores is None else task.sections(scores)
    write_report(folder, title=folder.name, history=run.history, facts=facts, sections=sections)
