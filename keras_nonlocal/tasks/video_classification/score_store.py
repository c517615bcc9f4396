"""What a process has scored by now, in memory and in its file; it goes on from there."""

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

SAVE_EVERY = 10  # seconds


class ScoreStore:
    """Collects the probabilities of views until those of a video are complete.

    Args:
        manifest: All videos, those of other processes included.
        rows: Which of them are for this process.
        views: How many a video has.
        file: Where the scores are kept, and taken up from; `None` for nowhere.
        settings: How they are made.

    Raises:
        ValueError: The file's folder holds scores made with other settings.
    """

    def __init__(
        self,
        manifest: Manifest,
        rows: Sequence[int],
        views: int,
        file: Path | None,
        settings: Mapping[str, Any],
    ):
        self._manifest, self._targets = manifest, manifest.targets()
        self._rows, self._views, self._file = rows, views, file
        self._settings = _as_json({**settings, "classes": manifest.class_names})
        self._done: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._open: dict[int, list[np.ndarray]] = {}
        self._saved = time.monotonic()
        self.skipped = 0
        if file is not None and file.parent.exists():
            self._take_up(file)

    @property
    def left(self) -> list[int]:
        """The videos that are not scored yet."""
        return [row for row in self._rows if row not in self._done]

    @property
    def is_due(self) -> bool:
        """Whether the last saving is some time ago."""
        return self._file is not None and time.monotonic() - self._saved > SAVE_EVERY

    def add(self, rows: Sequence[int], probabilities: np.ndarray) -> None:
        """Takes what the network says of views of these videos, each video's in their order."""
        for row, of_view in zip(rows, probabilities, strict=True):
            if not ((of_view >= 0) & (of_view <= 1.001)).all():
                raise ValueError(
                    "A network for evaluation must give probabilities from 0 to 1: its last "
                    "activation is a softmax or sigmoid, and its weights are finite. Received: "
                    f"from {of_view.min()} to {of_view.max()} for "
                    f"{self._manifest.entries[row].path!r}"
                )
            views = self._open.setdefault(row, [])
            views.append(of_view)
            if len(views) == self._views:
                self._done[row] = self._finished(row, np.stack(self._open.pop(row)))

    def scores(self) -> Scores:
        """Of the videos done, in the order of the source."""
        rows = sorted(self._done)
        classes = len(self._manifest.class_names)
        means, ranks = zip(*(self._done[row] for row in rows), strict=True) if rows else ((), ())
        return Scores(
            tuple(self._manifest.entries[row].path for row in rows),
            self._manifest.class_names,
            self._targets[rows],
            np.array(means, "float32").reshape(-1, classes),
            None
            if self._manifest.multi_label
            else np.array(ranks, "int32").reshape(-1, self._views),
        )

    def save(self) -> None:
        """Replaces the file, if there is to be one."""
        if self._file is not None:
            left = len(self._rows) - len(self._done) - self.skipped
            rows = np.array(sorted(self._done), "int64")
            write_shard(ScoreShard(self.scores(), rows, left, self._settings), self._file)
        self._saved = time.monotonic()

    def _finished(self, row: int, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        target = self._targets[row]
        ranks = ranks_of(views, np.full(len(views), target)) if target.ndim == 0 else views[:0]
        return views.mean(axis=0, dtype="float64").astype("float32"), ranks

    def _take_up(self, file: Path) -> None:
        parts = {
            path.name: read_shard(path) for path in sorted(file.parent.glob("scores-*-of-*.npz"))
        }
        for name, part in parts.items():
            if lines := settings_differences(self._settings, part.settings):
                raise ValueError(
                    f"{str(file.parent / name)!r} was made in another way. Take another folder, "
                    "or the same settings:\n" + "\n".join(lines)
                )
        if file.name in parts:
            part = parts[file.name]
            scores = part.scores
            ranks = scores.probabilities if scores.ranks is None else scores.ranks
            done = zip(scores.probabilities, ranks, strict=True)
            self._done = dict(zip(part.positions.tolist(), done, strict=True))


def _as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """As they come back from a file."""
    return json.loads(json.dumps(settings, default=lambda value: np.asarray(value).tolist()))
