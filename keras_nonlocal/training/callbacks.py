"""Callbacks of the training loop: finite loss, precise batch norms, history, checkpoints, logs."""

from __future__ import annotations

import csv
import json
import math
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..weights.assign import check_finite
from .checkpoint import SMALLER_STEPS, finite_state, save_checkpoint
from .norm_layers import precise_batch_norm
from .optimizers.schedules import Rate
from .progress import PartialEpoch, Progress
from .run_folder import BEST, CHECKPOINT, RunFolder

_EXPLOSION = 100  # times the loss of the first step


class FiniteLoss(keras.callbacks.Callback):
    """Stops a run when its loss or its state is not finite, before a checkpoint is saved.

    It warns if the loss is finite, but far above that of the first step.
    """

    def __init__(self):
        super().__init__()
        self._limit: float | None = None

    def on_train_batch_end(self, batch, logs=None):
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss became {loss}. {SMALLER_STEPS}")
        if self._limit is None:
            self._limit = _EXPLOSION * max(loss, 1.0)

    def on_epoch_end(self, epoch, logs=None):
        finite_state(self.model)
        loss = float((logs or {}).get("loss", 0.0))
        if self._limit is not None and loss > self._limit:
            warnings.warn(
                f"The loss rose to {loss:.3g} in epoch {epoch + 1}: the training diverges, and the "
                f"network is of no use. {SMALLER_STEPS}.",
                stacklevel=2,
            )
            self._limit = math.inf  # one warning is enough


class FiniteOutputs(keras.callbacks.Callback):
    """Stops a run without validation if the outputs for a training example are not finite.

    Args:
        batches: A function that returns batches of `(inputs, targets)`.
        inference: The model to check at the end of each epoch.
    """

    def __init__(self, batches: Callable[..., Iterable], inference: keras.Model):
        super().__init__()
        self._batches, self._inference, self._example = batches, inference, None

    def on_epoch_end(self, epoch, logs=None):
        if self._example is None:
            inputs, *_ = keras.utils.unpack_x_y_sample_weight(next(iter(self._batches())))
            self._example = keras.tree.map_structure(lambda values: values[:1], inputs)
        outputs = keras.tree.flatten(self._inference(self._example, training=False))
        check_finite(
            {str(n): output for n, output in enumerate(outputs)},
            "The outputs of the network",
            SMALLER_STEPS,
        )


class PreciseBatchNorm(keras.callbacks.Callback):
    """Recomputes the statistics of batch norms at the end of each epoch.

    Args:
        batches: A function of `first`, the number of the first batch, that returns batches of
            `(inputs, targets)`.
        count: Number of batches to use.
    """

    def __init__(self, batches: Callable[..., Iterable], count: int):
        super().__init__()
        self._batches, self._count = batches, count

    def on_epoch_end(self, epoch, logs=None):
        first = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        precise_batch_norm(self.model, self._batches(first=first), self._count)


class RunHistory(keras.callbacks.Callback):
    """Counts the steps of a run, and collects one row of metrics for each epoch.

    Args:
        progress: The progress in the last checkpoint.
        rate: The learning rate, or its schedule.

    Raises:
        ValueError: At the end of an epoch, if the batches ended before its last step.
    """

    def __init__(self, progress: Progress, rate: Rate | None = None):
        super().__init__()
        self.rows, self.step = [dict(row) for row in progress.history], progress.step
        self._resumed, self._rate = progress.partial_epoch, rate
        self._reset()

    @property
    def progress(self) -> dict[str, Any]:
        """The values that a checkpoint holds."""
        return asdict(Progress(self.step, tuple(self.rows), self.partial_epoch))

    @property
    def partial_epoch(self) -> PartialEpoch:
        """The state of the current epoch, including the steps before the run resumed."""
        means = _finite(self._logs)
        return self._resumed + PartialEpoch(self._steps, time.monotonic() - self._start, means)

    @property
    def epoch_is_complete(self) -> bool:
        """Whether all steps of the current epoch are done."""
        return self._steps == self.params["steps"]

    def on_epoch_begin(self, epoch, logs=None):
        self._reset()

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self._steps += 1
        self._logs = logs or {}

    def on_epoch_end(self, epoch, logs):
        if not self.epoch_is_complete and not self.model.stop_training:
            raise ValueError(
                "The batches of a task must be endless: call `repeat()` on the dataset. Received: "
                f"the end after {self._steps} of {self.params['steps']} steps of epoch {epoch + 1}"
            )
        validation = {name: value for name, value in logs.items() if name[:4] == "val_"}
        self._logs = {name: value for name, value in logs.items() if name not in validation}
        total, is_complete = self.partial_epoch, self.epoch_is_complete
        if self.rows and self.rows[-1]["epoch"] == epoch + 1:
            self.rows.pop()  # the row of this epoch before the run was stopped
        row = {"epoch": epoch + 1, "step": self.step, "learning_rate": self._last_rate()}
        self.rows.append(
            {**row, **total.means, **_finite(validation), "seconds": round(total.seconds, 3)}
        )
        self._resumed = PartialEpoch() if is_complete else total
        self._reset()

    def _reset(self) -> None:
        self._start, self._steps, self._logs = time.monotonic(), 0, {}

    def _last_rate(self) -> float:
        """The learning rate of the last step; the optimizer of a schedule has that of the next."""
        rate = self.model.optimizer.learning_rate
        if callable(self._rate):
            rate = self._rate(self.step - 1)
        return float(keras.ops.convert_to_numpy(rate))


def _finite(logs: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are finite; others have no form in JSON, and are left out."""
    return {name: float(value) for name, value in logs.items() if math.isfinite(value)}


class BestWeights(keras.callbacks.Callback):
    """Saves the best weights to the folder of a run.

    Args:
        run_folder: Folder of the run. Nothing is saved without a path, or if another process
            writes.
        history: The metrics of the run.
        inference: The model of which the weights are saved.
        monitor: Name of the metric that selects the best weights; higher is better.
    """

    def __init__(
        self, run_folder: RunFolder, history: RunHistory, inference: keras.Model, monitor: str
    ):
        super().__init__()
        self._folder = run_folder.path if run_folder.is_writer else None
        self._history, self._inference, self._monitor = history, inference, monitor

    def on_epoch_end(self, epoch, logs=None):
        if self._folder and self._is_best():
            with replacing(self._folder / BEST) as partial:
                self._inference.save_weights(partial)

    def _is_best(self) -> bool:
        rows, name = self._history.rows, self._monitor
        if name not in rows[-1]:
            return False
        *earlier, current = (row.get(name, -math.inf) for row in rows)
        return current > max(earlier, default=-math.inf)


class RunCheckpoint(keras.callbacks.Callback):
    """Saves checkpoints to the folder of a run, at the end of each epoch and between.

    Args:
        run_folder: Folder of the run. Nothing is saved without a path, or if another process
            writes.
        history: The progress of the run, which goes into the checkpoint.
        every_n_steps: Number of steps between checkpoints within an epoch.
    """

    def __init__(
        self, run_folder: RunFolder, history: RunHistory, every_n_steps: int | None = None
    ):
        super().__init__()
        self.folder = run_folder.path if run_folder.is_writer else None
        self.step = history.step  # of the last checkpoint
        self._history, self._every_n_steps = history, every_n_steps

    def on_train_batch_end(self, batch, logs=None):
        is_due = self._every_n_steps and self._history.step % self._every_n_steps == 0
        if is_due and not self._history.epoch_is_complete:  # `on_epoch_end` saves the last step
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        self._save()

    def _save(self) -> None:
        if self.folder:
            save_checkpoint(self.folder / CHECKPOINT, self.model, self._history.progress)
            self.step = self._history.step


class MetricsLog(keras.callbacks.Callback):
    """Writes `metrics.jsonl` and `metrics.csv` after each epoch.

    Both files are rewritten from the history in the checkpoint, so that a run that resumes neither
    repeats nor loses a row.
    """

    def __init__(self, run_folder: RunFolder, history: RunHistory):
        super().__init__()
        self._folder = run_folder.path if run_folder.is_writer else None
        self._history = history

    def on_epoch_end(self, epoch, logs=None):
        if self._folder:
            write_metrics(self._history.rows, self._folder)


def write_metrics(history: list[dict[str, Any]], folder: Path) -> None:
    """Writes all rows to `metrics.jsonl` and `metrics.csv`."""
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
    """Returns the callback that writes logs for TensorBoard to the folder of a run."""
    if folder is None:
        raise ValueError("`tensorboard=True` needs a folder to write to. Received: folder=None")
    try:
        import tensorboard  # Keras would import it only after training has started
    except ImportError as error:
        raise ImportError(
            'TensorBoard is not installed. Run: pip install "keras_nonlocal[tensorboard]"'
        ) from error
    del tensorboard
    return keras.callbacks.TensorBoard(Path(folder) / "tensorboard", update_freq="epoch")
