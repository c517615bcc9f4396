"""How a run ends: with weights and a report, or with the reason why it stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

from ..data import VideoError
from ..evaluation import Evaluation
from ..replacing import replacing
from ..report import write_report
from .journal import Journal, write_metrics
from .run import CHECKPOINT, LAST, Run, TrainingData

REPORT = "report.html"
_FAULTS = (tf.errors.OpError, OSError, VideoError, FloatingPointError)


class TrainingStopped(RuntimeError):
    """A run ended before its time. Its last checkpoint is as it was."""


@contextmanager
def explained(journal: Journal) -> Iterator[None]:
    """Turns what ends a run early into an error that says why, and where it goes on."""
    try:
        yield
    except _FAULTS as error:
        kept = "Nothing was saved yet."
        if journal.folder and journal.saved:
            kept = (
                f"The checkpoint of step {journal.saved} in {journal.folder} is intact: when the "
                "cause is gone, the same call goes on from there."
            )
        raise TrainingStopped(
            f"Training stopped after step {journal.step}: {cause_of(error)}. {kept}"
        ) from error


def is_finished(folder: Path, *, report: bool) -> bool:
    """Whether a folder holds all that `finish` writes, of its last checkpoint."""
    written = (folder / CHECKPOINT).stat().st_mtime_ns
    files = [folder / LAST, *([folder / REPORT] if report else [])]
    return all(file.exists() and file.stat().st_mtime_ns >= written for file in files)


def finish(
    run: Run, folder: Path, data: TrainingData, test: Evaluation | None, *, report: bool
) -> None:
    """Writes metrics, the last weights and the report, with the scores of the last test."""
    write_metrics([dict(row) for row in run.history], folder)
    with replacing(folder / LAST) as partial:
        run.model.save_weights(partial)
    if not report:
        return
    scores = None
    if test is not None:
        scores = test.scores or test.evaluator.evaluate(run.model, test.source, progress=False)
    seconds = sum(row["seconds"] for row in run.history)
    facts = [
        ("recipe", run.recipe.about or run.recipe.builder),
        ("network", f"{run.recipe.builder}, {run.model.count_params():,} parameters"),
        ("videos", f"{data.source}: {data.clips:,} of {len(data.class_names)} classes"),
        ("steps", f"{run.history[-1]['step']:,} of {run.recipe.batch_size} clips"),
        ("time", f"{seconds / 3600:.2f} hours"),
        ("versions", f"Keras {keras.version()}, TensorFlow {tf.__version__}"),
    ]
    write_report(folder, title=folder.name, history=run.history, facts=facts, scores=scores)


def cause_of(error: BaseException) -> str:
    """The line that says what happened; TensorFlow puts places before it and a trace behind."""
    text = getattr(error, "message", None) or str(error)
    named = re.search(r"\w+Error: (.*)", text)
    return (named[1] if named else text.strip().splitlines()[0]).rstrip(". ")
