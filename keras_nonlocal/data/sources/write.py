"""A manifest -> a CSV file that `read_source` gives back without loss."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

from ...utils.checks import PathLike
from ...utils.remote_files import absolute, folder_of, is_address, write_text
from ..manifest import Entry, Manifest
from .own_csv import CLASS_NAMES_COMMENT, NUMBERS_COMMENT
from .records import check_names

# pandas takes `#` for a comment, and spaces at the ends do not last in every reader.
_NEEDS_QUOTES = re.compile(r'[",#\r\n]|^\s|\s$')


def write_manifest(manifest: Manifest, path: PathLike) -> None:
    """Writes a manifest as a CSV file; the file appears under its name when it is complete.

    Class names stand in a comment at its start: `pandas.read_csv(path, comment="#")` reads the
    rest. Paths below the folder of the file are written relative to it, so both can move together.

    Args:
        manifest: What to write. Relative paths in it are those of the current folder.
        path: Where to: a path, or an address that `tf.io.gfile` opens. A file there is replaced.

    Raises:
        ValueError: Class names are not different, or a label is not the number of one.
    """
    path = absolute(path)
    names, comments = _labels_written(manifest)
    columns = _columns(manifest, names, folder_of(path))
    rows = (",".join(_cell(write(entry)) for write in columns.values()) for entry in manifest)
    write_text(path, "\n".join([*comments, ",".join(columns), *rows]) + "\n")


def _labels_written(manifest: Manifest) -> tuple[tuple[str, ...], list[str]]:
    """What each class number is written as, and the comments that tell a reader so."""
    _check_labels(manifest)
    if not manifest.class_names:
        return (), []
    names = check_names(manifest.class_names)
    comments = [f"{CLASS_NAMES_COMMENT} {json.dumps(names)}"]
    if all(name and name == name.strip() and ";" not in name for name in names):
        return names, comments
    return tuple(str(number) for number in range(len(names))), [*comments, NUMBERS_COMMENT]


def _check_labels(manifest: Manifest) -> None:
    classes = len(manifest.class_names)
    for entry in manifest:
        if any(not 0 <= label < classes for label in entry.labels):
            raise ValueError(
                f"Labels must be numbers from 0 to {classes - 1}, as there are {classes} class "
                f"names. Received: labels={entry.labels} of {entry.path!r}"
            )


def _columns(manifest: Manifest, names, folder: str) -> dict[str, Callable[[Entry], Any]]:
    """How each column is written, of those that hold anything."""
    labels = "labels" if manifest.multi_label else "label"
    columns: dict[str, Callable[[Entry], Any]] = {
        "path": lambda entry: _relative(absolute(entry.path), folder),
        labels: lambda entry: ";".join(names[label] for label in entry.labels),
        "split": lambda entry: entry.split,
        "start": lambda entry: entry.start,
        "end": lambda entry: entry.end,
        "times": lambda entry: ";".join(f"{start}:{end}" for start, end in entry.times),
        "frames": lambda entry: entry.frames,
        "fps": lambda entry: entry.fps,
        "width": lambda entry: entry.width,
        "height": lambda entry: entry.height,
        "sha256": lambda entry: entry.sha256,
    }
    always = {"path", labels}
    return {
        name: write
        for name, write in columns.items()
        if name in always or any(write(entry) not in (None, "") for entry in manifest)
    }


def _relative(path: str, folder: str) -> str:
    start = folder.rstrip("/") + ("/" if is_address(folder) else os.sep)
    return path.removeprefix(start)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
