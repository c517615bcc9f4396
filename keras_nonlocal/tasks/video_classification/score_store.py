"""The scores that a process has computed so far, in memory and in a file to resume from."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.manifest import Manifest
from ...metrics.score_shard import ScoreShard, read_shard, settings_differences, write_shard
from ...metrics.scores import Scores, ranks_of
from ...weights.assign import check_finite

SAVE_INTERVAL = 10  # seconds


class ScoreStore:
    """Collects the probabilities of views until all views of a video are complete.

    Args:
        manifest: All videos, including those of other processes.
        rows: Indices of the videos of this process.
        num_views: Number of views of a video.
        file: File to resume from, and to save the scores to; `None` for no file.
        settings: Settings of the evaluation.

    Raises:
        ValueError: The folder of the file holds scores with other settings.
    """

    def __init__(
        self,
        manifest: Manifest,
        rows: Sequence[int],
        num_views: int,
        file: Path | None,
        settings: Mapping[str, Any],
    ):
        self._manifest, self._targets = manifest, manifest.targets()
        self._rows, self._num_views, self._file = rows, num_views, file
        self._settings = _as_json({**settings, "classes": manifest.class_names})
        self._complete: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._incomplete: dict[int, list[np.ndarray]] = {}
        self._saved = time.monotonic()
        self.skipped = 0
        if file is not None and file.parent.exists():
            self._resume(file)

    @property
    def remaining(self) -> list[int]:
        """Indices of the videos that have no scores yet."""
        return [row for row in self._rows if row not in self._complete]

    @property
    def is_due(self) -> bool:
        """Whether the scores should be saved now."""
        return self._file is not None and time.monotonic() - self._saved > SAVE_INTERVAL

    def add(self, rows: Sequence[int], probabilities: np.ndarray) -> None:
        """Adds the probabilities of views, given the index of each view's video."""
        for row, view in zip(rows, probabilities, strict=True):
            path = self._manifest.entries[row].path
            check_finite({path: view}, "The outputs of the network")
            if not ((view >= 0) & (view <= 1.001)).all():
                raise ValueError(
                    "`model` must give probabilities from 0 to 1: its last activation must be a "
                    f"softmax or a sigmoid. Received: outputs from {view.min()} to {view.max()} "
                    f"for {path!r}"
                )
            views = self._incomplete.setdefault(row, [])
            views.append(view)
            if len(views) == self._num_views:
                self._complete[row] = self._averaged(row, np.stack(self._incomplete.pop(row)))

    def scores(self) -> Scores:
        """Returns the scores of the complete videos, in the order of the source."""
        rows = sorted(self._complete)
        classes = len(self._manifest.class_names)
        pairs = (self._complete[row] for row in rows)
        means, ranks = zip(*pairs, strict=True) if rows else ((), ())
        return Scores(
            tuple(self._manifest.entries[row].path for row in rows),
            self._manifest.class_names,
            self._targets[rows],
            np.array(means, "float32").reshape(-1, classes),
            None
            if self._manifest.multi_label
            else np.array(ranks, "int32").reshape(-1, self._num_views),
        )

    def save(self) -> None:
        """Writes the scores to the file, if there is one."""
        if self._file is not None:
            num_remaining = len(self._rows) - len(self._complete) - self.skipped
            rows = np.array(sorted(self._complete), "int64")
            shard = ScoreShard(self.scores(), rows, num_remaining, self._settings)
            write_shard(shard, self._file)
        self._saved = time.monotonic()

    def _averaged(self, row: int, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        target = self._targets[row]
        ranks = ranks_of(views, np.full(len(views), target)) if target.ndim == 0 else views[:0]
        return views.mean(axis=0, dtype="float64").astype("float32"), ranks

    def _resume(self, file: Path) -> None:
        for path in sorted(file.parent.glob("scores-*-of-*.npz")):
            shard = read_shard(path)
            if lines := settings_differences(self._settings, shard.settings):
                raise ValueError(
                    f"{str(path)!r} has scores with other settings. Use another folder, or the "
                    "same settings:\n" + "\n".join(lines)
                )
            if path.name == file.name:
                scores = shard.scores
                ranks = scores.probabilities if scores.ranks is None else scores.ranks
                pairs = zip(scores.probabilities, ranks, strict=True)
                self._complete = dict(zip(shard.positions.tolist(), pairs, strict=True))


def _as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as they are after writing and reading a file."""
    return json.loads(json.dumps(settings, default=lambda value: np.asarray(value).tolist()))
