"""How a run ends: with weights and a report, or with the reason why it stopped."""

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
from .run_folder import CHECKPOINT, LAST, Run, RunFolder
from .task import Task

REPORT = "report.html"
_FAULTS = (tf.errors.OpError, OSError, InputError, FloatingPointError)


@contextmanager
def explained(history: RunHistory, checkpoint: RunCheckpoint) -> Iterator[None]:
    """Turns what ends a run early into an error that says why, and where it goes on."""
    try:
        yield
    except _FAULTS as error:
        kept = "Nothing was saved yet."
        if checkpoint.folder and checkpoint.step:
            kept = (
                f"The checkpoint of step {checkpoint.step} in {checkpoint.folder} is intact: when "
                "the cause is gone, the same call goes on from there."
            )
        raise TrainingStopped(
            f"Training stopped after step {history.step}: {cause_of(error)}. {kept}"
        ) from error


def is_finished(place: RunFolder, *, report: bool) -> bool:
    """Whether a folder holds all that `finish` writes, of its last checkpoint."""
    folder = Path(str(place.path))
    written = (folder / CHECKPOINT).stat().st_mtime_ns
    files = [folder / LAST, *([folder / REPORT] if report else [])]
    return all(file.exists() and file.stat().st_mtime_ns >= written for file in files)


def finish(run: Run, place: RunFolder, task: Task, scores: Any, *, report: bool) -> None:
    """Writes metrics, the last weights and the report, with the scores of the last test."""
    folder = Path(str(place.path))
    write_metrics([dict(row) for row in run.history], folder)
    with replacing(folder / LAST) as partial:
        run.model.save_weights(partial)
    if not report:
        return
    if scores is None:
        scores = task.score(run.model)
    seconds = sum(row["seconds"] for row in run.history)
    facts = [
        *task.facts(),
        ("parameters", f"{run.model.count_params():,}"),
        ("steps", f"{run.history[-1]['step']:,} of {run.recipe.batch_size} examples"),
        ("time", f"{seconds / 3600:.2f} hours"),
        ("versions", f"Keras {keras.version()}, TensorFlow {tf.__version__}"),
    ]
    sections = {} if scores is None else task.sections(scores)
    write_report(folder, title=folder.name, history=run.history, facts=facts, sections=sections)
