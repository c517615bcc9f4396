"""Writes a manifest to a CSV file, which `read_source` reads without loss."""

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
from .records import check_names, found_names

# pandas reads `#` as a comment, and some readers remove spaces at both ends.
_NEEDS_QUOTES = re.compile(r'[",#\r\n]|^\s|\s$')


def write_manifest(manifest: Manifest, path: PathLike) -> None:
    """Writes a manifest to a CSV file, completely or not at all.

    Class names that are not those of the labels in order, because a class has no video, are a
    comment at the start of the file: `pandas.read_csv(path, comment="#")` reads the rest. Paths
    below the folder of the file are written relative to it, so that both can be moved together.

    Args:
        manifest: The dataset. Its relative paths start from the current folder.
        path: A path, or an address that `tf.io.gfile` opens. An existing file is overwritten.

    Raises:
        ValueError: Class names are not different, or a label is not a class index.
        OSError: The file cannot be written.

    Example:

    >>> write_manifest(Manifest((Entry("a.mp4", (0,)),), ("run",)), "actions.csv")
    >>> print(open("actions.csv").read().strip())
    path,label
    a.mp4,run
    """
    path = absolute(path)
    names, comments = _labels_written(manifest)
    columns = _columns(manifest, names, folder_of(path))
    rows = (",".join(_cell(write(entry)) for write in columns.values()) for entry in manifest)
    write_text(path, "\n".join([*comments, ",".join(columns), *rows]) + "\n")


def _labels_written(manifest: Manifest) -> tuple[tuple[str, ...], list[str]]:
    """The text for each class index, and the comments that explain it to a reader."""
    manifest.check_labels()
    if not manifest.class_names:
        return (), []
    names = check_names(manifest.class_names)
    comments = [f"{CLASS_NAMES_COMMENT} {json.dumps(names)}"]
    if all(name and name == name.strip() and ";" not in name for name in names):
        used = {names[label] for entry in manifest for label in entry.labels}
        return names, [] if used == set(names) and found_names(used) == names else comments
    return tuple(str(number) for number in range(len(names))), [*comments, NUMBERS_COMMENT]


def _columns(manifest: Manifest, names, folder: str) -> dict[str, Callable[[Entry], Any]]:
    """Functions from an entry to its cell, for `path`, labels and columns that are not empty."""
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
