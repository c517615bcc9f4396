"""What a run writes while it goes on: metrics of each epoch, and checkpoints."""

from __future__ import annotations

import csv
import json
import math
import time
from pathlib import Path
from typing import Any

import keras

from ..replacing import replacing
from .checkpoint import save_checkpoint
from .run import BEST, CHECKPOINT


class Journal(keras.callbacks.Callback):
    """Writes `metrics.csv`, `metrics.jsonl`, `checkpoint.npz` and the best weights of a run.

    Files of metrics are written anew from the history that the checkpoint holds: a run that goes
    on from there repeats no row and loses none.

    Args:
        folder: Of the run; with `None`, only the history is kept.
        classifier: Whose weights are kept when they are the best so far.
        history: Rows of the epochs so far; more are appended.
        step: Steps so far.
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
        every: int | None = None,
        watched: str | None = None,
    ):
        super().__init__()
        self.folder, self.history, self.step = folder, history, step
        self.saved = step  # the step of the newest checkpoint
        self._classifier, self._every, self._watched = classifier, every, watched
        self._began = time.monotonic()

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        ends_epoch = batch + 1 == self.params["steps"]  # then on_epoch_end saves, with its row
        if self._every and self.step % self._every == 0 and not ends_epoch:
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        seconds = round(time.monotonic() - self._began, 3)
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row = {"epoch": epoch + 1, "step": self.step, "learning_rate": rate, **numbers}
        if self.history and self.history[-1]["epoch"] == row["epoch"]:
            self.history.pop()  # of the part of this epoch before it was stopped
        self.history.append({**row, "seconds": seconds})
        if self.folder is None:
            return
        if self._is_best():
            with replacing(self.folder / BEST) as partial:
                self._classifier.save_weights(partial)
        self._save()
        write_metrics(self.history, self.folder)

    def _save(self) -> None:
        if self.folder is None:
            return
        notes = {"step": self.step, "history": self.history}
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
