"""Records of videos, as each format gives them -> a manifest, with the numbers of classes."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from ...utils.remote_files import absolute
from ..manifest import Entry, Manifest

Times = tuple[tuple[float, float], ...]
Cells = Sequence[Sequence[str | int]]
Where = Callable[[int], str]
_SHOWN = 10
_MOST_CLASSES = 1_000_000


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


def class_numbers(
    labels: Cells, class_names: Sequence[str] | None, where: Where, *, numbered: bool = True
) -> tuple[list[tuple[int, ...]], tuple[str, ...]]:
    """The class numbers of each row, and the names of the classes.

    Names that are given win: labels are looked up in them, or are numbers of them where all are
    whole numbers and none is the name of another class. Otherwise the classes are the names
    found, sorted, or the numbers from 0 to the largest one found.

    Args:
        labels: Those of each row, names or numbers.
        class_names: Names in the order of their numbers; `None` to find them.
        where: What errors call a row.
        numbered: Whether labels may be numbers of the names given.

    Raises:
        ValueError: A label is no name among those given; the names given are not different; labels
            may be names or numbers.

    Example:

    >>> class_numbers([["run"], [], ["bend"]], None, str)
    ([(1,), (), (0,)], ('bend', 'run'))
    """
    found = {label for row in labels for label in row}
    names = _found_names(found) if class_names is None else check_names(class_names)
    if numbered and not found <= set(names) and all(map(_is_number, found)):
        _check_numbers(found, names)
        return [tuple(int(label) for label in row) for row in labels], names
    numbers = {name: number for number, name in enumerate(names)}
    _check_known(labels, numbers, where)
    return [tuple(numbers[str(label)] for label in row) for row in labels], names


def check_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """`class_names` as a tuple, if they are different names."""
    unordered = isinstance(class_names, str | Mapping | Set)
    names = () if unordered else tuple(class_names)
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if not names or repeated or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "`class_names` must be different names, in the order of their numbers. "
            f"Received: {f'{repeated[:_SHOWN]} twice' if repeated else repr(class_names)}"
        )
    return names


def _found_names(found: set[str | int]) -> tuple[str, ...]:
    if not found or not all(map(_is_number, found)):
        return tuple(sorted(map(str, found)))
    largest = max(map(int, found))
    if largest >= _MOST_CLASSES:
        raise ValueError(
            f"Labels that are numbers must be class numbers, counted from 0. Received: {largest}. "
            "Write names, or give `class_names`."
        )
    return tuple(str(number) for number in range(largest + 1))


def _check_numbers(found: set[str | int], names: tuple[str, ...]) -> None:
    """An error where a written number is the name of another class, as names may be digits."""
    numbers = {name: number for number, name in enumerate(names)}
    said = {label for label in found if isinstance(label, str)}
    double = sorted(label for label in said if numbers.get(label, int(label)) != int(label))
    if double:
        raise ValueError(
            "Labels must all be names among `class_names`, or all be numbers of them. Received: "
            f"{double[0]}, which is the name of class {numbers[double[0]]}, and "
            f"{min(said - set(names), default=double[0])}, which is no name"
        )


def _check_known(labels: Cells, numbers: dict[str, int], where: Where) -> None:
    for row, label in _all(labels):
        if str(label) not in numbers:
            names = list(numbers)
            more = f", ... {len(names)} in all" if len(names) > _SHOWN else ""
            raise ValueError(
                f"{where(row)}: the label must be one of `class_names`: "
                f"{', '.join(names[:_SHOWN])}{more}. Received: {label!r}"
            )


def _all(labels: Cells) -> Iterator[tuple[int, str | int]]:
    return ((row, label) for row, cell in enumerate(labels) for label in cell)


def _is_number(label: str | int) -> bool:
    return isinstance(label, int) or (label.isascii() and label.isdigit())
