"""The lists of PySlowFast and MMAction2: a path and its class numbers on each line."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ...utils.remote_files import absolute, folder_of
from ..find_files import VIDEO_SUFFIXES
from ..manifest import Manifest
from .records import manifest_of
from .tables import Table

# The path ends where all that follows are numbers, so it may hold spaces and commas.
_LINE = re.compile(r"(.*?\S)\s*[\s,]\s*(\d+(?:\s*[\s,]\s*\d+)*)")


def is_list(table: Table) -> bool:
    """Whether its first line looks like one of a list."""
    first = next(filter(None, map(str.strip, table.text.split("\n"))), "")
    return _LINE.fullmatch(first) is not None


def read_list(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads `path label` lines, or `path,label`; several labels a line make it multi-label.

    Raises:
        ValueError: A line is written otherwise, or its path is a folder of frames.
    """
    folder = folder_of(table.path) if root is None else root
    records, lines = [], []
    for number, line in enumerate(table.text.split("\n"), len(table.comments) + 1):
        if line.strip():
            records.append(_record(line.strip(), folder, f"{table.path!r}, line {number}"))
            lines.append(number)
    several = any(len(record["labels"]) > 1 for record in records)
    place = table.place(lines)
    return manifest_of(records, class_names, place, folder=folder, multi_label=several)


def _record(line: str, folder: str, where: str) -> dict:
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(f"{where}: expected a path and class numbers. Received: {line!r}")
    path, labels = found[1], [int(label) for label in re.findall(r"\d+", found[2])]
    if os.path.splitext(path)[1].lower() not in VIDEO_SUFFIXES:
        _check_is_file(absolute(path, folder), where)
    return {"path": path, "labels": labels}


def _check_is_file(path: str, where: str) -> None:
    if os.path.isdir(path):
        raise ValueError(
            f"{where}: {path!r} is a folder. Lists of raw frames cannot be read: list the videos "
            "that the frames are from, or make videos of them, as with "
            "`ffmpeg -i img_%05d.jpg video.mp4`."
        )
