"""A folder with one folder of videos for each class, below folders of splits if there are any;
or a folder of videos without classes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..files import find_videos, list_folder, subfolders
from ..manifest import Manifest
from .items import read_items
from .records import manifest_of

_SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}


def read_folder(folder: str, class_names: Sequence[str] | None) -> Manifest:
    """Reads `class/video`, `train/class/video` and the like, or videos if there are no folders.

    Raises:
        FileNotFoundError: The folder, a folder in it, or a video in one of those is missing.
        ValueError: A folder is not among `class_names`.
    """
    if not subfolders(folder):
        return read_items([str(path) for path in find_videos(folder)], class_names, None)
    records = []
    for split in _splits(folder):
        paths, labels, names = list_folder(os.path.join(folder, split or ""))
        records += [
            {"path": str(path), "labels": [names[label]], "split": split}
            for path, label in zip(paths, labels, strict=True)
        ]
    return manifest_of(records, class_names, lambda row: f"The folder of {records[row]['path']!r}")


def _splits(folder: str) -> list[str | None]:
    """Names of its folders if they are splits that hold folders themselves; else one `None`."""
    names = subfolders(folder)
    nested = all(subfolders(os.path.join(folder, name)) for name in names)
    return [*names] if names and set(names) <= _SPLITS and nested else [None]
