"""Which clips there are and what is in them: a table of files, labels and splits."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..utils.checks import any_int


@dataclass(frozen=True)
class Entry:
    """One video, or a part of one.

    Attributes:
        path: The file: a path, or an address that `tf.io.gfile` opens.
        labels: Numbers of its classes; one where classes exclude each other.
        times: When each label holds, `(start, end)` in seconds; empty where all hold throughout.
        start, end: The part of the file that counts, in seconds; `None` for its own ends.
        split: The name of the part of the data set that it belongs to.
        frames, fps, width, height, sha256: What a scan found of the file; `None` before one.
    """

    path: str
    labels: tuple[int, ...] = ()
    times: tuple[tuple[float, float], ...] = ()
    start: float | None = None
    end: float | None = None
    split: str | None = None
    frames: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    sha256: str | None = None

    def __post_init__(self):
        labels = tuple(any_int("labels", label) for label in self.labels)
        object.__setattr__(self, "labels", labels)


@dataclass(frozen=True)
class Manifest:
    """A data set: its entries, in order, and the names of its classes, by number.

    Attributes:
        entries: The videos.
        class_names: By class number; empty where nothing is labeled.
        multi_label: Whether a video may show several classes at once.
    """

    entries: tuple[Entry, ...]
    class_names: tuple[str, ...] = ()
    multi_label: bool = False

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @property
    def labeled(self) -> bool:
        """Whether it says what is in its videos. With several labels a video, none is a label."""
        return bool(self.class_names) and (
            self.multi_label or any(entry.labels for entry in self.entries)
        )

    @property
    def digest(self) -> str:
        """A SHA-256 of which videos there are and what is in them, in order.

        Paths count from the folder that all have in common, and its name: it stays the same where
        that folder is moved, and tells `train` from `val`.
        """
        paths = [os.path.abspath(entry.path) for entry in self.entries]
        folder = os.path.dirname(os.path.commonpath([os.path.dirname(path) for path in paths]))
        rows = [
            (path.removeprefix(folder), each.labels, each.start, each.end, each.times)
            for path, each in zip(paths, self.entries, strict=True)
        ]
        return hashlib.sha256(json.dumps([self.multi_label, rows]).encode()).hexdigest()

    def split(self, name: str) -> Manifest:
        """The entries of one split, with the same class names.

        Raises:
            ValueError: No entry belongs to it.
        """
        chosen = tuple(entry for entry in self.entries if entry.split == name)
        if not chosen:
            names = sorted({entry.split for entry in self.entries if entry.split is not None})
            known = (
                f"one of {', '.join(map(repr, names))}" if names else "None: there are no splits"
            )
            raise ValueError(f"`split` must be {known}. Received: split={name!r}")
        return replace(self, entries=chosen)

    def sample(self, count: int, *, seed: int = 0) -> Manifest:
        """So many entries chosen at random, at least one, in their order."""
        chosen = np.random.default_rng(seed).permutation(len(self))[: max(count, 1)]
        return replace(self, entries=tuple(self.entries[index] for index in sorted(chosen)))

    def targets(self) -> np.ndarray:
        """What a model learns: int64 `(N,)`; if multi-label, float32 `(N, classes)` of 0 and 1."""
        if not self.multi_label:
            return np.array([entry.labels[0] for entry in self.entries], "int64")
        targets = np.zeros((len(self), len(self.class_names)), "float32")
        for row, entry in zip(targets, self.entries, strict=True):
            row[list(entry.labels)] = 1
        return targets
