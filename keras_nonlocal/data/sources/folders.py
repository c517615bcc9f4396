"""Folders of videos: one folder per class, below folders of splits if there are any; or videos
without classes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..find_files import find_videos, list_folder, subfolders, warn_of_strays
from ..manifest import Manifest
from .items import read_items
from .records import manifest_of, normal_form

_SPLITS = {"train", "training", "val", "valid", "validation", "test", "testing"}


def read_folder(folder: str, class_names: Sequence[str] | None) -> Manifest:
    """Reads `class/video` or `train/class/video`, or videos if there are no folders.

    Raises:
        FileNotFoundError: The folder is missing, or a class has no video.
        ValueError: A folder is not among `class_names`, or a split has no folders of classes.
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
        found.update(map(normal_form, names))
    classes = _sorted(found) if class_names is None else class_names

    def where(row):
        return f"The folder of {records[row]['path']!r}"

    return manifest_of(records, classes, where, numbered=False)


def _sorted(names: set[str]) -> list[str]:
    """Sorts by number if all names are numbers, else by spelling."""
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def _splits(folder: str, class_names: Sequence[str] | None) -> list[str | None]:
    """Names of the folders if they are splits, or one `None` if they are classes."""
    names = subfolders(folder)
    splits = [name for name in names if name.lower() in _SPLITS]
    with_classes = [name for name in splits if subfolders(os.path.join(folder, name))]
    if set(names) <= set(class_names or ()) or not (with_classes or splits == names):
        return [None]
    others = [name for name in names if name not in with_classes]
    if others:
        raise ValueError(
            f"{folder!r} has folders of splits, {', '.join(splits)}. Each of its folders must then "
            "be a split, with a folder of videos for each class. Received: no folders of classes "
            f"in {', '.join(others)}. Give the folder of one split as the source, or, if these "
            "folders are classes, give `class_names`."
        )
    warn_of_strays(folder)
    return [*names]
