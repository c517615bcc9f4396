"""The CSV files of Kinetics: YouTube ids with times; the files are found by their names."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...utils.remote_files import folder_of
from ..find_files import files_by_stem
from ..manifest import Manifest
from .records import manifest_of, typed
from .tables import Table


def read_kinetics(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads `label, youtube_id, time_start, time_end, split`; files lie anywhere under `root`.

    A file is called `ID_000012_000022`, which is the clip, or `ID`, which is the whole video that
    the clip is a part of; any video suffix will do. A row without a file gets the path it should
    have, so that a check or a scan reports it. Tables of test videos have no `label`.

    Raises:
        FileNotFoundError: There is no folder `root`.
        ValueError: A time is not a number of seconds, or a label is not among `class_names`.
    """
    rows, lines = table.rows()
    where = table.place(lines)
    folder = folder_of(table.path) if root is None else root
    files = files_by_stem(folder)
    records = [_record(row, files, folder, where(number)) for number, row in enumerate(rows)]
    return manifest_of(records, class_names, where)


def _record(row: dict[str, str], files: dict[str, str], folder: str, where: str) -> dict:
    fields = {"label": row.get("label"), "split": row.get("split")}
    window = {"start": row["time_start"], "end": row["time_end"]}
    record, times = typed(fields.items(), where), typed(window.items(), where)
    name = row["youtube_id"]
    if None not in times.values():
        cut = f"{name}_{int(times['start']):06d}_{int(times['end']):06d}"
        if cut in files or name not in files:
            return {**record, "path": files.get(cut) or os.path.join(folder, f"{cut}.mp4")}
    return {**record, **times, "path": files.get(name) or os.path.join(folder, f"{name}.mp4")}
