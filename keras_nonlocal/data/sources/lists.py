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
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')  # as tables are written whose cells contain spaces


def is_list(table: Table) -> bool:
    """Whether the first line looks like a line of a list: a path, with or without labels."""
    first = next(filter(None, map(str.strip, table.text.split("\n"))), "")
    return _LINE.fullmatch(first) is not None or _has_video_suffix(_unquoted(first))


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
    unlabeled = [
        place for record, place in zip(records, places, strict=True) if not record["labels"]
    ]
    if 0 < len(unlabeled) < len(records):
        raise ValueError(
            f"{unlabeled[0]}: expected a path and class indices, as other lines have. "
            "Received: a path alone"
        )
    several = any(len(record["labels"]) > 1 for record in records)
    where = places.__getitem__
    return manifest_of(records, class_names, where, folder=folder, multi_label=several)


def _record(line: str, folder: str, where: str) -> dict:
    found = _LINE.fullmatch(line)
    if not found and not _has_video_suffix(_unquoted(line)):
        raise ValueError(f"{where}: expected a path and class indices. Received: {line!r}")
    path = _unquoted(found[1] if found else line)
    labels = [int(label) for label in re.findall(r"\d+", found[2])] if found else []
    if not _has_video_suffix(path) and os.path.isdir(absolute(path, folder)):
        raise ValueError(
            f"{where}: expected a video file. Received: {path!r}, which is a folder. Raw frames "
            "cannot be read: list the videos that the frames are from, or make videos of the "
            "frames, as with `ffmpeg -i img_%05d.jpg video.mp4`."
        )
    return {"path": path, "labels": labels}


def _unquoted(path: str) -> str:
    quoted = _QUOTED.fullmatch(path)
    return quoted[1].replace('""', '"') if quoted else path


def _has_video_suffix(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in VIDEO_SUFFIXES
