"""The CSV files that Kinetics and Charades are published as.

They list ids of videos. The files are found below a folder by their names, with any video suffix.
A row without a file gets the path that it should have, so that a check or a scan reports it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from ...utils.remote_files import folder_of
from ..find_files import files_by_stem
from ..manifest import Manifest
from .records import check_names, manifest_of, typed
from .tables import Table

_CHARADES_CLASSES = 157
_CHARADES_ACTION = re.compile(r"c(\d{3})\s+(\d+\.?\d*)\s+(\d+\.?\d*)")


def read_kinetics(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads the columns `label, youtube_id, time_start, time_end, split`.

    A file is called `ID_000012_000022` if it is the clip, or `ID` if it is the whole video that the
    clip is a part of. Tables of test videos have no `label`.

    Raises:
        FileNotFoundError: There is no folder `root`.
        ValueError: A time is not a number of seconds, or a label is not among `class_names`.
    """
    rows, where = table.rows()
    folder = folder_of(table.path) if root is None else root
    files = files_by_stem(folder)
    records = []
    for number, row in enumerate(rows):
        fields = {"label": row.get("label"), "split": row.get("split")}
        window = {"start": row["time_start"], "end": row["time_end"]}
        record, times = (typed(cells.items(), where(number)) for cells in (fields, window))
        name = row["youtube_id"]
        if None not in times.values():
            clip = f"{name}_{int(times['start']):06d}_{int(times['end']):06d}"
            if clip in files or name not in files:
                name, times = clip, {}
        records.append({**record, **times, "path": _path(files, folder, name)})
    return manifest_of(records, class_names, where)


def read_charades(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads the columns `id` and `actions`, such as `c092 11.90 21.20;c147 0.00 12.60`.

    Classes are called `c000` to `c156`, unless `class_names` gives other names in that order. A
    video in which nothing happens is an entry without labels.

    Raises:
        FileNotFoundError: There is no folder `root`.
        ValueError: An action has another format, or its class is not among `class_names`.
    """
    codes = [f"c{number:03d}" for number in range(_CHARADES_CLASSES)]
    names = check_names(codes if class_names is None else class_names)
    rows, where = table.rows()
    folder = folder_of(table.path) if root is None else root
    files = files_by_stem(folder)
    records = []
    for number, row in enumerate(rows):
        labels, times = _actions(row["actions"], names, where(number))
        path = _path(files, folder, row["id"])
        records.append({"path": path, "labels": labels, "times": times})
    return manifest_of(records, names, where, multi_label=True)


def _path(files: Mapping[str, str], folder: str, name: str) -> str:
    return files.get(name) or os.path.join(folder, f"{name}.mp4")


def _actions(cell: str, names: Sequence[str], where: str):
    labels, times = [], []
    for action in filter(None, map(str.strip, cell.split(";"))):
        found = _CHARADES_ACTION.fullmatch(action)
        if not found or int(found[1]) >= len(names):
            raise ValueError(
                f"{where}: an action must be a class below {len(names)} and its times, such as "
                f"`c092 11.90 21.20`. Received: {action!r}"
            )
        labels.append(names[int(found[1])])
        times.append((float(found[2]), float(found[3])))
    return labels, tuple(times)
