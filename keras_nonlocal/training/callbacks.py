"""The parts of the training loop around a step: each is a Keras callback that does one thing."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from .batch_norm_statistics import precise_batch_norm
from .checkpoint import save_checkpoint
from .optimizers.schedules import Rate
from .run_folder import BEST, CHECKPOINT, RunFolder


class FiniteLoss(keras.callbacks.Callback):
    """Ends a run whose loss is no number any more, before that is saved."""

    def on_train_batch_end(self, batch, logs=None):
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the loss became {loss}. Try a lower `learning_rate`, a longer `warmup`, or "
                "`clip_norm`"
            )


class WholeEpochs(keras.callbacks.Callback):
    """Ends a run whose batches ended within an epoch, before that counts as a whole one."""

    def on_epoch_begin(self, epoch, logs=None):
        self._steps = 0

    def on_train_batch_end(self, batch, logs=None):
        self._steps += 1

    def on_epoch_end(self, epoch, logs=None):
        expected = self.params["steps"]
        if self._steps < expected and not self.model.stop_training:
            raise ValueError(
                f"The batches of a task must not end (`.repeat()`), but after {self._steps} of "
                f"{expected} steps of epoch {epoch + 1} there were no more."
            )


class PreciseBatchNorm(keras.callbacks.Callback):
    """Averages the statistics of batch norms anew at the end of each epoch.

    Args:
        batches_from: Makes batches of `(inputs, targets)` from the number of the first one on.
        count: Over how many of them.
    """

    def __init__(self, batches_from: Callable[..., Iterable], count: int):
        super().__init__()
        self._batches_from, self._count = batches_from, count

    def on_epoch_end(self, epoch, logs=None):
        first = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        precise_batch_norm(self.model, self._batches_from(first=first), self._count)


@dataclass(frozen=True)
class EpochPart:
    """What an epoch has come to: so many steps, the seconds they took, and means over them."""

    steps: int = 0
    seconds: float = 0.0
    means: Mapping[str, float] = field(default_factory=dict)

    def followed_by(self, other: EpochPart) -> EpochPart:
        """Both together."""
        if not other.steps:
            return self
        steps = self.steps + other.steps
        means = {
            name: (self.steps * self.means.get(name, mean) + other.steps * mean) / steps
            for name, mean in other.means.items()
        }
        return EpochPart(steps, self.seconds + other.seconds, means)


class RunHistory(keras.callbacks.Callback):
    """Counts steps, and makes one row of numbers of each epoch.

    Args:
        notes: Of the last checkpoint: `history`, the rows of the epochs so far, to which more are
            appended; `step`, the steps so far; `part`, what the epoch at work had come to.
        rate: The learning rate, or its schedule.
    """

    def __init__(self, notes: Mapping[str, Any], rate: Rate | None = None):
        super().__init__()
        self.rows, self.step = notes["history"], notes["step"]
        self._before, self._rate = EpochPart(**notes["part"]), rate
        self._begin_steps()

    @property
    def notes(self) -> dict[str, Any]:
        """What a checkpoint has to hold of it."""
        return {"step": self.step, "history": self.rows, "part": asdict(self.part)}

    @property
    def part(self) -> EpochPart:
        """What the epoch at work has come to."""
        means = {name: float(value) for name, value in self._logs.items()}
        now = EpochPart(self._steps, time.monotonic() - self._began, means)
        return self._before.followed_by(now)

    @property
    def epoch_is_whole(self) -> bool:
        """Whether the epoch at work has all its steps."""
        return self._steps == self.params["steps"]

    def on_epoch_begin(self, epoch, logs=None):
        self._begin_steps()

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self._steps += 1
        self._logs = logs or {}

    def on_epoch_end(self, epoch, logs):
        tests = {name: float(value) for name, value in logs.items() if name.startswith("val_")}
        self._logs = {name: value for name, value in logs.items() if name not in tests}
        part, whole = self.part, self.epoch_is_whole
        if self.rows and self.rows[-1]["epoch"] == epoch + 1:
            self.rows.pop()  # of the part of this epoch before it was stopped
        row = {"epoch": epoch + 1, "step": self.step, "learning_rate": self._last_rate()}
        self.rows.append({**row, **part.means, **tests, "seconds": round(part.seconds, 3)})
        self._before = EpochPart() if whole else part
        self._begin_steps()

    def _begin_steps(self) -> None:
        self._began, self._steps, self._logs = time.monotonic(), 0, {}

    def _last_rate(self) -> float:
        """The learning rate of the last step; a schedule would tell that of the next."""
        rate = self.model.optimizer.learning_rate
        if callable(self._rate):
            rate = self._rate(self.step - 1)
        return float(keras.ops.convert_to_numpy(rate))


class RunCheckpoint(keras.callbacks.Callback):
    """Saves the best weights, and all that the run needs to resume, into its folder.

    Args:
        place: Of the run; nothing is saved where it is none, or not for this process to write.
        history: What it has come to; it goes into the checkpoint.
        inference: Whose weights are kept when they are the best so far.
        every_n_steps: Steps from one checkpoint to the next. There is one at the end of each
            epoch, too.
        monitor: The number that is best when highest; `None` keeps no best weights.
    """

    def __init__(
        self,
        place: RunFolder,
        history: RunHistory,
        inference: keras.Model,
        every_n_steps: int | None = None,
        monitor: str | None = None,
    ):
        super().__init__()
        self.folder = place.path if place.writes else None
        self.step = history.step  # of the newest checkpoint
        self._history, self._inference = history, inference
        self._every_n_steps, self._monitor = every_n_steps, monitor

    def on_train_batch_end(self, batch, logs=None):
        due = self._every_n_steps and self._history.step % self._every_n_steps == 0
        if due and not self._history.epoch_is_whole:  # else `on_epoch_end` saves, with its row
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        if self.folder and self._is_best():
            with replacing(self.folder / BEST) as partial:
                self._inference.save_weights(partial)
        self._save()

    def _save(self) -> None:
        if self.folder:
            save_checkpoint(self.folder / CHECKPOINT, self.model, self._history.notes)
            self.step = self._history.step

    def _is_best(self) -> bool:
        rows, name = self._history.rows, self._monitor
        if name is None or name not in rows[-1]:
            return False
        *before, now = (row.get(name, -math.inf) for row in rows)
        return now > max(before, default=-math.inf)


class MetricsLog(keras.callbacks.Callback):
    """Writes `metrics.jsonl` and `metrics.csv` after each epoch.

    They are written anew from the history that the checkpoint holds: a run that is resumed from
    there repeats no row and loses none.
    """

    def __init__(self, place: RunFolder, history: RunHistory):
        super().__init__()
        self._folder, self._history = place.path if place.writes else None, history

    def on_epoch_end(self, epoch, logs=None):
        if self._folder:
            write_metrics(self._history.rows, self._folder)


def write_metrics(history: list[dict[str, Any]], folder: Path) -> None:
    """Writes all rows as `metrics.jsonl` and `metrics.csv`."""
    with replacing(folder / "metrics.jsonl") as partial:
        partial.write_text("".join(json.dumps(row) + "\n" for row in history), "utf-8")
    columns = list(dict.fromkeys(name for row in history for name in row))
    with (
        replacing(folder / "metrics.csv") as partial,
        open(partial, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(history)


def tensorboard_log(folder: PathLike | None) -> keras.callbacks.Callback:
    """Logs for TensorBoard in the folder of a run."""
    if folder is None:
        raise ValueError("`tensorboard` needs a folder to write to. Received: folder=None")
    try:
        import tensorboard  # Keras asks for it in the midst of training only
    except ImportError as error:
        raise ImportError(
            'TensorBoard is not installed: pip install "keras_nonlocal[tensorboard]"'
        ) from error
    del tensorboard
    return keras.callbacks.TensorBoard(Path(folder) / "tensorboard", update_freq="epoch")
