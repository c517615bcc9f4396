"""The one door to data sets: whatever lists videos -> a manifest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ...utils.checks import PathLike
from ...utils.remote_files import absolute, is_address, read_text
from ..find_files import VIDEO_SUFFIXES
from ..manifest import Manifest
from .charades import read_charades
from .check import check_split
from .folders import read_folder
from .items import read_frame, read_items
from .kinetics import read_kinetics
from .lists import is_list, read_list
from .own_csv import read_own_csv
from .records import class_numbers
from .tables import split_comments

# The columns that tell a table, and what reads it.
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
    """Reads which videos there are and what is in them; files are told by what they hold.

    Args:
        source: One of
            - a folder with one folder of videos for each class, or with folders `train`, `val`,
              `test` of such folders; or a folder of videos, which have no classes then;
            - a CSV file with a column `path`, and `label` or `labels` (joined by `;`), `split`,
              `start`, `end`, as `write_manifest` and a scan write them;
            - a CSV file of Kinetics or of Charades;
            - a list of PySlowFast or MMAction2, a path and its class numbers a line;
            - a pandas frame with the columns of the first CSV file;
            - a video file;
            - a list of paths, of `(path, label)` or of `(path, [labels])`;
            - a `Manifest`.
        split: Only the entries of this split.
        class_names: Names of the classes, in the order of their numbers. By default the names that
            are found, sorted; numbers are their own names.
        root: Where the videos lie; by default in the folder of the file that lists them.

    Returns:
        A manifest with absolute paths. Whether the files are there is not looked at, see
        `check_manifest`.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The source is of no such kind, a row of it is wrong, or it has no such split,
            or a video of the split is in another one, too.

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
        "`source` must be a folder, a CSV or list file, a pandas frame, a list of paths or a "
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
        f"{path!r} is no list of videos that is known. Expected a first line with the columns "
        f"{known}; or a path and class numbers on each line. "
        f"Received: {table.text.lstrip().partition(chr(10))[0][:200]!r}"
    )


def _renamed(manifest: Manifest, class_names: Sequence[str]) -> Manifest:
    """The same videos with classes in another order, or with more of them."""
    before = manifest.class_names
    labels = [[before[label] for label in entry.labels] for entry in manifest]
    numbers, names = class_numbers(
        labels,
        class_names,
        lambda row: repr(manifest.entries[row].path),
        numbered=before == tuple(map(str, range(len(before)))),
    )
    entries = zip(manifest, numbers, strict=True)
    return replace(
        manifest,
        class_names=names,
        entries=tuple(replace(entry, labels=row) for entry, row in entries),
    )
