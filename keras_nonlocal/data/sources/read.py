"""Reads any list of videos into a manifest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ...utils.checks import PathLike
from ...utils.remote_files import absolute, is_address, read_text
from ..find_files import VIDEO_SUFFIXES
from ..manifest import Manifest
from .check import check_split
from .folders import read_folder
from .items import read_frame, read_items
from .lists import is_list, read_list
from .own_csv import read_own_csv
from .published_tables import read_charades, read_kinetics
from .records import class_numbers
from .tables import split_comments

# The columns that identify a CSV format, and its reader.
CSV_FILES = (
    ({"path"}, read_own_csv),
    ({"youtube_id", "time_start", "time_end"}, read_kinetics),
    ({"id", "actions"}, read_charades),
)


def read_source(
    source: Any,
    *,
    split: str | None = None,
    class_names: Sequence[str] | None = None,
    root: PathLike | None = None,
) -> Manifest:
    """Reads a dataset into a manifest; the format of a file is recognized by its contents.

    Args:
        source: One of
            - a folder with one folder of videos for each class, or with folders `train`, `val`,
              `test` of such folders; or a folder of videos without classes;
            - a CSV file with a column `path`, and `label` or `labels` (joined by `;`), `split`,
              `start`, `end`, as `write_manifest` and a scan write them;
            - a CSV file of Kinetics or of Charades;
            - a list of PySlowFast or MMAction2, with a path and class indices on each line;
            - a pandas data frame with the columns of the first CSV file;
            - a video file;
            - a list of paths, of `(path, label)` or of `(path, [labels])`;
            - a `Manifest`.
        split: Name of the split to read; `None` reads all entries.
        class_names: Class names in the order of their indices. By default, the names that are
            found, sorted; labels that are numbers are class indices and their own names.
        root: Folder of the videos; by default the folder of the file that lists them.

    Returns:
        A manifest with absolute paths. `check_manifest` checks whether the files exist.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The source has none of these formats, one of its rows is wrong, there is no
            such split, or a video of the split is also in another one.

    Example:

    >>> manifest = read_source([("a.mp4", "run"), ("b.mp4", "bend")], root="/videos")
    >>> manifest.class_names, manifest.entries[0].path, manifest.entries[0].labels
    (('bend', 'run'), '/videos/a.mp4', (1,))
    """
    folder = None if root is None else absolute(root)
    manifest = _read(source, class_names, folder)
    if split is None:
        return manifest
    check_split(manifest, split)
    return manifest.split(split)


def _read(source: Any, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    if isinstance(source, Manifest):
        return source if class_names is None else _renamed(source, class_names)
    if hasattr(source, "columns") and hasattr(source, "to_dict"):
        return read_frame(source, class_names, root)
    if isinstance(source, str | os.PathLike):
        path = absolute(source)
        if os.path.isdir(path) and not is_address(path):
            return read_folder(path, class_names)
        if os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES:
            return read_items([path], class_names, root)
        return _read_file(path, class_names, root)
    if isinstance(source, Iterable) and not isinstance(source, dict | bytes):
        return read_items(source, class_names, root)
    raise ValueError(
        "`source` must be a folder, a CSV or list file, a data frame, a list of paths or a "
        f"Manifest. Received: source={source!r}"
    )


def _read_file(path: str, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    table = split_comments(path, read_text(path))
    columns = set(table.header)
    for needed, read in CSV_FILES:
        if needed <= columns:
            return read(table, class_names, root)
    if is_list(table):
        return read_list(table, class_names, root)
    known = "; ".join(", ".join(sorted(needed)) for needed, _ in CSV_FILES)
    raise ValueError(
        f"{path!r} is not a known list of videos. Expected a first line with the columns "
        f"{known}; or a path and class indices on each line. "
        f"Received: {table.text.lstrip().partition(chr(10))[0][:200]!r}"
    )


def _renamed(manifest: Manifest, class_names: Sequence[str]) -> Manifest:
    """The same videos with the classes in another order, or with more classes."""
    manifest.check_labels()
    before = manifest.class_names
    labels = [[before[label] for label in entry.labels] for entry in manifest]
    indices, names = class_numbers(
        labels,
        class_names,
        lambda row: repr(manifest.entries[row].path),
        numbered=before == tuple(map(str, range(len(before)))),
    )
    entries = zip(manifest, indices, strict=True)
    return replace(
        manifest,
        class_names=names,
        entries=tuple(replace(entry, labels=row) for entry, row in entries),
    )
