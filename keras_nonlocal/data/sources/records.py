"""Records of videos, as each format gives them -> a manifest."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..manifest import Entry, Manifest
from .names import Where, class_numbers
from .storage import absolute

Times = tuple[tuple[float, float], ...]


def manifest_of(
    records: Sequence[dict[str, Any]],
    class_names: Sequence[str] | None,
    where: Where,
    *,
    folder: str = "",
    multi_label: bool = False,
    numbered: bool = True,
) -> Manifest:
    """A manifest of records with a `path`, `labels`, and further fields of `Entry`.

    Args:
        records: One for each entry. Labels are names or numbers.
        class_names: As given by the caller, see `class_numbers`.
        where: What errors call a record.
        folder: What paths are relative to.
        multi_label: Whether a video may show several classes.
        numbered: Whether labels may be numbers of `class_names`.

    Raises:
        ValueError: A label is no class name, a path is empty, or there are no records.
    """
    if not records:
        raise ValueError("The source holds no videos. Expected at least one.")
    for row, record in enumerate(records):
        if not record["path"]:
            raise ValueError(f"{where(row)}: the path is empty. Expected that of a video.")
    labels = [record["labels"] for record in records]
    numbers, names = class_numbers(labels, class_names, where, numbered=numbered)
    entries = [
        Entry(**{**record, "path": absolute(record["path"], folder), "labels": own})
        for record, own in zip(records, numbers, strict=True)
    ]
    return Manifest(tuple(entries), names, multi_label)


def typed(cells: Iterable[tuple[str, Any]], where: str) -> dict[str, Any]:
    """Fields of an `Entry` by name, from cells of a table: text, numbers, or nothing.

    Args:
        cells: Name and value; names that are not known are left out.
        where: What errors call the record.

    Raises:
        ValueError: A value is not of the kind that its name asks for.
    """
    return {
        _NAMES.get(name, name): _field(name, value, where)
        for name, value in cells
        if name in FIELDS
    }


def _field(name: str, value: Any, where: str) -> Any:
    kind, read, nothing = FIELDS[name]
    if _is_nothing(value):
        return nothing
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{where}: `{name}` must be {kind}. Received: {value!r}") from None


def _is_nothing(value: Any) -> bool:
    """An empty cell, as CSV files, Python and pandas have them."""
    if isinstance(value, float):
        return math.isnan(value)
    return (
        value is None or type(value).__name__ == "NAType" or (isinstance(value, str) and not value)
    )


def _path(value: Any) -> str:
    path = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError
    return path


def _labels(value: Any) -> list[str | int]:
    if isinstance(value, str):
        return [label for part in value.split(";") if (label := part.strip())]
    if isinstance(value, list | tuple) or getattr(value, "ndim", None):
        return [item if isinstance(item, str) else _whole(item) for item in value]
    return [_whole(value)]


def _whole(value: Any) -> int:
    number = int(value)
    if number != float(value):
        raise ValueError
    return number


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not math.isfinite(seconds):
        raise ValueError
    return seconds


def _times(value: Any) -> Times:
    parts = value.split(";") if isinstance(value, str) else value
    pairs = (part.split(":") if isinstance(part, str) else part for part in parts)
    return tuple((_seconds(start), _seconds(end)) for start, end in pairs)


_LABELS: tuple[str, Callable, Any] = ("names or numbers of classes", _labels, [])
# What a column must hold, how it is read, and what an empty cell means.
FIELDS: dict[str, tuple[str, Callable, Any]] = {
    "path": ("a path", _path, ""),
    "label": _LABELS,
    "labels": _LABELS,
    "split": ("a name", str, None),
    "start": ("seconds", _seconds, None),
    "end": ("seconds", _seconds, None),
    "times": ("`start:end` for each label, joined by `;`", _times, ()),
    "frames": ("a whole number", _whole, None),
    "fps": ("a number", _seconds, None),
    "width": ("a whole number", _whole, None),
    "height": ("a whole number", _whole, None),
    "sha256": ("a digest", str, None),
}
_NAMES = {"label": "labels"}
