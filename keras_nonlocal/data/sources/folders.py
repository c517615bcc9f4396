"""A folder with one folder of videos for each class, below folders of splits if there are any;
or a folder of videos without classes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..find_files import find_videos, list_folder, subfolders, warn_of_strays
from ..manifest import Manifest
from .items import read_items
from .records import manifest_of

_SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}


def read_folder(folder: str, class_names: Sequence[str] | None) -> Manifest:
    """Reads `class/video`, `train/class/video` and the like, or videos if there are no folders.

    Raises:
        FileNotFoundError: The folder, a folder in it, or a video in one of those is missing.
        ValueError: A folder is not among `class_names`, or that of a split holds none.
    """
    if not subfolders(folder):
        return read_items([str(path) for path in find_videos(folder)], class_names, None)
    records, found = [], set[str]()
    for split in _splits(folder, class_names):
        paths, labels, names = list_folder(os.path.join(folder, split or ""))
        records += [
            {"path": str(path), "labels": [names[label]], "split": split}
            for path, label in zip(paths, labels, strict=True)
        ]
        found.update(names)
    classes = _in_order(found) if class_names is None else class_names

    def where(row):
        return f"The folder of {records[row]['path']!r}"

    return manifest_of(records, classes, where, numbered=False)


def _in_order(names: set[str]) -> list[str]:
    """By number, if all are numbers; else as they are spelled."""
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def _splits(folder: str, class_names: Sequence[str] | None) -> list[str | None]:
    """Names of its folders, if they are those of splits and not of classes; else one `None`."""
    names = subfolders(folder)
    splits = [name for name in names if name.lower() in _SPLITS]
    with_classes = [name for name in splits if subfolders(os.path.join(folder, name))]
    classes = set(names) <= set(class_names or ()) or not (with_classes or splits == names)
    if classes:
        return [None]
    others = [name for name in names if name not in with_classes]
    if others:
        raise ValueError(
            f"{folder!r} has folders of splits, {', '.join(splits)}. Each folder in it must be one "
            "of a split, and hold a folder of videos for each class. Received: none in "
            f"{', '.join(others)}. Give the folder of one split as the source, or, if these are "
            "classes, `class_names`."
        )
    warn_of_strays(folder)
    return [*names]
