"""What a run writes while it goes on: metrics of each epoch, and checkpoints."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from ..replacing import replacing
from .checkpoint import save_checkpoint
from .run import BEST, CHECKPOINT
from .schedules import Rate


@dataclass(frozen=True)
class Part:
    """What an epoch has come to: so many steps, the seconds they took, and means over them."""

    steps: int = 0
    seconds: float = 0.0
    means: Mapping[str, float] = field(default_factory=dict)

    def followed_by(self, other: Part) -> Part:
        """Both together."""
        steps = self.steps + other.steps
        means = {
            name: (self.steps * self.means.get(name, mean) + other.steps * mean) / steps
            for name, mean in other.means.items()
        }
        return Part(steps, self.seconds + other.seconds, means)


class Journal(keras.callbacks.Callback):
    """Writes `metrics.csv`, `metrics.jsonl`, `checkpoint.npz` and the best weights of a run.

    Files of metrics are written anew from the history that the checkpoint holds: a run that goes
    on from there repeats no row and loses none.

    Args:
        folder: Of the run; with `None`, only the history is kept.
        classifier: Whose weights are kept when they are the best so far.
        history: Rows of the epochs so far; more are appended.
        step: Steps so far.
        part: Of the epoch at work, what was done before the run was stopped.
        rate: The learning rate, or its schedule.
        every: Steps from one checkpoint to the next. There is one at the end of each epoch, too.
        watched: The number that is best when highest; `None` keeps no best weights.
    """

    def __init__(
        self,
        folder: Path | None,
        classifier: keras.Model,
        history: list[dict[str, Any]],
        *,
        step: int = 0,
        part: Part | None = None,
        rate: Rate | None = None,
        every: int | None = None,
        watched: str | None = None,
    ):
        super().__init__()
        self.folder, self.history, self.step = folder, history, step
        self.saved = step  # the step of the newest checkpoint
        self._classifier, self._every, self._watched = classifier, every, watched
        self._before, self._rate = part or Part(), rate
        self._began, self._steps = time.monotonic(), 0

    def on_epoch_begin(self, epoch, logs=None):
        self._began, self._steps = time.monotonic(), 0

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self._steps += 1
        if self._every and self.step % self._every == 0 and not self._ended:
            self._save(self._so_far(logs))

    def on_epoch_end(self, epoch, logs):
        tests = {name: value for name, value in logs.items() if name.startswith("val_")}
        part = self._so_far({name: value for name, value in logs.items() if name not in tests})
        row = {"epoch": epoch + 1, "step": self.step, "learning_rate": self._last_rate()}
        if self.history and self.history[-1]["epoch"] == row["epoch"]:
            self.history.pop()  # of the part of this epoch before it was stopped
        numbers = {**part.means, **{name: float(value) for name, value in tests.items()}}
        self.history.append({**row, **numbers, "seconds": round(part.seconds, 3)})
        self._before = Part() if self._ended else part
        if self.folder is None:
            return
        if self._is_best():
            with replacing(self.folder / BEST) as partial:
                self._classifier.save_weights(partial)
        self._save(self._before)
        write_metrics(self.history, self.folder)

    @property
    def _ended(self) -> bool:
        """Whether the epoch has all its steps: then `on_epoch_end` saves, with its row."""
        return self._steps == self.params["steps"]

    def _so_far(self, logs) -> Part:
        means = {name: float(value) for name, value in (logs or {}).items()}
        return self._before.followed_by(Part(self._steps, time.monotonic() - self._began, means))

    def _last_rate(self) -> float:
        """The learning rate of the last step; a schedule would tell that of the next."""
        rate = self.model.optimizer.learning_rate
        if callable(self._rate):
            rate = self._rate(self.step - 1)
        return float(keras.ops.convert_to_numpy(rate))

    def _save(self, part: Part) -> None:
        if self.folder is None:
            return
        notes = {"step": self.step, "history": self.history, "part": asdict(part)}
        save_checkpoint(self.folder / CHECKPOINT, self.model, notes)
        self.saved = self.step

    def _is_best(self) -> bool:
        if self._watched is None or self._watched not in self.history[-1]:
            return False
        *before, now = (row.get(self._watched, -math.inf) for row in self.history)
        return now > max(before, default=-math.inf)


class FiniteLoss(keras.callbacks.Callback):
    """Ends a run whose loss is no number any more, before that is saved."""

    def on_train_batch_end(self, batch, logs=None):
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the loss became {loss}. Try a lower `learning_rate`, a longer `warmup`, or "
                "`clip_norm`"
            )


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
