"""The manifest of a dataset: a table of video files with their labels and splits."""

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
    """One video of a dataset, or a part of one.

    Attributes:
        path: A path, or an address that `tf.io.gfile` opens.
        labels: Class indices; exactly one where classes exclude each other.
        times: When each label holds, `(start, end)` in seconds. If empty, all labels hold
            throughout.
        start, end: The part of the file to use, in seconds. `None` means the start or the end of
            the file.
        split: Name of the split, such as `"train"`.
        frames, fps, width, height, sha256: What a scan found in the file; `None` before a scan.

    Raises:
        ValueError: A label is not an integer.

    Example:

    >>> Entry("a.mp4", labels=(2,), start=1.5).labels
    (2,)
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
    """A dataset: its entries in order, and the names of its classes.

    Attributes:
        entries: The videos.
        class_names: Class names by class index; empty if no video has a label.
        multi_label: Whether a video may show several classes at once.

    Example:

    >>> manifest = Manifest((Entry("a.mp4", (1,)), Entry("b.mp4", (0,))), ("bend", "run"))
    >>> len(manifest), manifest.targets().tolist()
    (2, [1, 0])
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
        """Whether its videos have labels. In a multi-label dataset, "no class" is a label too."""
        return bool(self.class_names) and (
            self.multi_label or any(entry.labels for entry in self.entries)
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the paths, labels and times of all entries, in order.

        Paths start with the name of the folder that all videos have in common. So the digest stays
        the same when that folder is moved, and differs between `train` and `val`.
        """
        paths = [os.path.abspath(entry.path) for entry in self.entries]
        folder = os.path.dirname(os.path.commonpath([os.path.dirname(path) for path in paths]))
        rows = [
            (path.removeprefix(folder), each.labels, each.start, each.end, each.times)
            for path, each in zip(paths, self.entries, strict=True)
        ]
        return hashlib.sha256(json.dumps([self.multi_label, rows]).encode()).hexdigest()

    def split(self, name: str) -> Manifest:
        """Returns the entries of one split, with the same class names.

        Args:
            name: Name of the split.

        Raises:
            ValueError: No entry belongs to the split.
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
        """Returns randomly chosen entries, in their order.

        Args:
            count: Number of entries; at least one is returned.
            seed: The same seed chooses the same entries.
        """
        chosen = np.random.default_rng(seed).permutation(len(self))[: max(count, 1)]
        return replace(self, entries=tuple(self.entries[index] for index in sorted(chosen)))

    def check_labels(self) -> None:
        """Raises a `ValueError` for the first label that is not an index of `class_names`."""
        classes = len(self.class_names)
        for entry in self.entries:
            if any(not 0 <= label < classes for label in entry.labels):
                raise ValueError(
                    f"Labels must be class indices from 0 to {classes - 1}, as there are {classes} "
                    f"class names. Received: labels={entry.labels} of {entry.path!r}"
                )

    def targets(self) -> np.ndarray:
        """Returns targets for training: int64 `(N,)`; if multi-label, multi-hot float32
        `(N, classes)`.

        Raises:
            ValueError: A label is not a class index.
        """
        self.check_labels()
        if not self.multi_label:
            return np.array([entry.labels[0] for entry in self.entries], "int64")
        targets = np.zeros((len(self), len(self.class_names)), "float32")
        for row, entry in zip(targets, self.entries, strict=True):
            row[list(entry.labels)] = 1
        return targets
