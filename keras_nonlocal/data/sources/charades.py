"""The CSV files of Charades: several actions a video, each with its times."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ...utils.remote_files import folder_of
from ..find_files import files_by_stem
from ..manifest import Manifest
from .records import check_names, manifest_of
from .tables import Table

_CLASSES = 157
_ACTION = re.compile(r"c(\d{3})\s+(\d+\.?\d*)\s+(\d+\.?\d*)")


def read_charades(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads `id` and `actions`, such as `c092 11.90 21.20;c147 0.00 12.60`; files lie under `root`.

    Classes are called `c000` to `c156` unless `class_names` are given, in that order. A video in
    which nothing happens is an entry without labels.

    Raises:
        FileNotFoundError: There is no folder `root`.
        ValueError: Actions are written otherwise, or a class is not among `class_names`.
    """
    codes = [f"c{number:03d}" for number in range(_CLASSES)]
    names = check_names(codes if class_names is None else class_names)
    rows, lines = table.rows()
    where = table.place(lines)
    folder = folder_of(table.path) if root is None else root
    files = files_by_stem(folder)
    records = []
    for number, row in enumerate(rows):
        labels, times = _actions(row["actions"], len(names), where(number))
        path = files.get(row["id"]) or os.path.join(folder, f"{row['id']}.mp4")
        records.append({"path": path, "labels": [names[label] for label in labels], "times": times})
    return manifest_of(records, names, where, multi_label=True)


def _actions(cell: str, classes: int, where: str):
    labels, times = [], []
    for action in filter(None, map(str.strip, cell.split(";"))):
        found = _ACTION.fullmatch(action)
        if not found or int(found[1]) >= classes:
            raise ValueError(
                f"{where}: an action must be a class below {classes} and its times, such as "
                f"`c092 11.90 21.20`. Received: {action!r}"
            )
        labels.append(int(found[1]))
        times.append((float(found[2]), float(found[3])))
    return labels, tuple(times)
