"""The lists of PySlowFast and MMAction2: a path and class indices on each line."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ...utils.remote_files import absolute, folder_of
from ..find_files import VIDEO_SUFFIXES
from ..manifest import Manifest
from .records import manifest_of
from .tables import Table

# The path ends where only numbers follow, so it may contain spaces and commas.
_LINE = re.compile(r"(.*?\S)\s*[\s,]\s*(\d+(?:\s*[\s,]\s*\d+)*)")


def is_list(table: Table) -> bool:
    """Whether the first line looks like a line of a list."""
    first = next(filter(None, map(str.strip, table.text.split("\n"))), "")
    return _LINE.fullmatch(first) is not None


def read_list(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads lines of `path label` or `path,label`; the list is multi-label if a line has several.

    Raises:
        ValueError: A line has another format, or its path is a folder of frames.
    """
    folder = folder_of(table.path) if root is None else root
    records, places = [], []
    for number, line in enumerate(table.text.split("\n"), len(table.comments) + 1):
        if line.strip():
            places.append(f"{table.path!r}, line {number}")
            records.append(_record(line.strip(), folder, places[-1]))
    several = any(len(record["labels"]) > 1 for record in records)
    where = places.__getitem__
    return manifest_of(records, class_names, where, folder=folder, multi_label=several)


def _record(line: str, folder: str, where: str) -> dict:
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(f"{where}: expected a path and class indices. Received: {line!r}")
    path, labels = found[1], [int(label) for label in re.findall(r"\d+", found[2])]
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in VIDEO_SUFFIXES and os.path.isdir(absolute(path, folder)):
        raise ValueError(
            f"{where}: expected a video file. Received: {path!r}, which is a folder. Raw frames "
            "cannot be read: list the videos that the frames are from, or make videos of the "
            "frames, as with `ffmpeg -i img_%05d.jpg video.mp4`."
        )
    return {"path": path, "labels": labels}
