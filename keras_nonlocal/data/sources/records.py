"""From records of videos, as each format gives them, to a manifest with class indices."""

from __future__ import annotations

import math
import os
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
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
    """Makes a manifest from records with a `path`, `labels`, and further fields of `Entry`.

    Args:
        records: One for each entry. Labels are class names or indices.
        class_names: As in `class_numbers`.
        where: From the index of a record to its place, for error messages.
        folder: The folder of relative paths.
        multi_label: Whether a video may show several classes.
        numbered: Whether labels may be indices of `class_names`.

    Raises:
        ValueError: A label is no class name, a path is empty, or there are no records.
    """
    if not records:
        raise ValueError("The source must list at least one video. Received: none")
    for row, record in enumerate(records):
        if not record["path"]:
            raise ValueError(f"{where(row)}: expected the path of a video. Received: an empty path")
    labels = [
        [normal_form(label) if isinstance(label, str) else label for label in record["labels"]]
        for record in records
    ]
    indices, names = class_numbers(labels, class_names, where, numbered=numbered)
    entries = [
        Entry(**{**record, "path": absolute(record["path"], folder), "labels": row})
        for record, row in zip(records, indices, strict=True)
    ]
    return Manifest(tuple(entries), names, multi_label)


def typed(cells: Iterable[tuple[str, Any]], where: str) -> dict[str, Any]:
    """Converts the cells of a row, which may be text, numbers or empty, to fields of `Entry`.

    Args:
        cells: Column and value; unknown columns are ignored.
        where: The place of the row, for error messages.

    Raises:
        ValueError: A value does not fit its column.
    """
    return {
        "labels" if name == "label" else name: _field(name, value, where)
        for name, value in cells
        if name in FIELDS
    }


def _field(name: str, value: Any, where: str) -> Any:
    kind, read, default = FIELDS[name]
    if _is_empty(value):
        return default
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{where}: `{name}` must be {kind}. Received: {value!r}") from None


def _is_empty(value: Any) -> bool:
    """Whether a cell is empty, as it is in CSV files, in Python or in pandas."""
    if isinstance(value, float):
        return math.isnan(value)
    # pandas.NA can neither be compared nor tested for truth.
    return type(value).__name__ in ("NoneType", "NAType") or (isinstance(value, str) and not value)


def _path(value: Any) -> str:
    path = os.fspath(value)
    if not isinstance(path, str):
        raise TypeError
    return path


def _labels(value: Any) -> list[str | int]:
    if isinstance(value, str):
        return [normal_form(label) for part in value.split(";") if (label := part.strip())]
    if isinstance(value, list | tuple) or getattr(value, "ndim", None):
        return [normal_form(item) if isinstance(item, str) else _whole(item) for item in value]
    return [_whole(value)]


def normal_form(label: str) -> str:
    """The usual form of a name, whose accents may be characters of their own, as in macOS."""
    return unicodedata.normalize("NFC", label)


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


_LABELS: tuple[str, Callable, Any] = ("class names or indices", _labels, [])
# The kind of value in a column, the function that reads it, and the value of an empty cell.
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


def class_numbers(
    labels: Cells, class_names: Sequence[str] | None, where: Where, *, numbered: bool = True
) -> tuple[list[tuple[int, ...]], tuple[str, ...]]:
    """Converts labels to class indices.

    If `class_names` are given, labels are looked up in them; or labels are their indices, if all
    labels are integers and none is the name of another class. Otherwise the classes are the sorted
    names that are found, or the integers from 0 to the largest one.

    Args:
        labels: The labels of each row, class names or indices.
        class_names: Class names in the order of their indices; `None` to find them.
        where: From the index of a row to its place, for error messages.
        numbered: Whether labels may be indices of `class_names`.

    Returns:
        The class indices of each row, and the class names.

    Raises:
        ValueError: A label is not among `class_names`, `class_names` are not different names, or
            labels could be either names or indices.

    Example:

    >>> class_numbers([["run"], [], ["bend"]], None, str)
    ([(1,), (), (0,)], ('bend', 'run'))
    """
    found = {label for row in labels for label in row}
    names = found_names(found) if class_names is None else check_names(class_names)
    if numbered and not found <= set(names) and all(map(_is_number, found)):
        _check_numbers(found, names)
        numbers = [tuple(int(label) for label in row) for row in labels]
        for row, given in enumerate(numbers):
            if any(not 0 <= number < len(names) for number in given):
                raise ValueError(
                    f"{where(row)}: labels that are numbers must be class indices from 0 to "
                    f"{len(names) - 1}, as there are {len(names)} classes. Received: {given}"
                )
        return numbers, names
    indices = {name: index for index, name in enumerate(names)}
    for row, cell in enumerate(labels):
        for label in cell:
            if str(label) not in indices:
                more = f", ... {len(names)} in all" if len(names) > _SHOWN else ""
                raise ValueError(
                    f"{where(row)}: the label must be one of `class_names`: "
                    f"{', '.join(names[:_SHOWN])}{more}. Received: {label!r}"
                )
    return [tuple(indices[str(label)] for label in row) for row in labels], names


def check_names(class_names: Sequence[str]) -> tuple[str, ...]:
    """Returns `class_names` as a tuple if they are different names."""
    unordered = isinstance(class_names, str | Mapping | Set)
    names = (
        ()
        if unordered
        else tuple(normal_form(each) if isinstance(each, str) else each for each in class_names)
    )
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if not names or repeated or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "`class_names` must be different names, in the order of their indices. "
            f"Received: {f'{repeated[:_SHOWN]} twice' if repeated else repr(class_names)}"
        )
    return names


def found_names(found: Set[str | int]) -> tuple[str, ...]:
    """The class names that labels have: sorted, or all numbers up to the largest one."""
    if not found or not all(map(_is_number, found)):
        return tuple(sorted(map(str, found)))
    largest = max(map(int, found))
    if largest >= _MOST_CLASSES:
        raise ValueError(
            f"Labels that are numbers must be class indices from 0. Received: {largest}. "
            "Write names, or give `class_names`."
        )
    if missing := sorted(set(range(largest + 1)) - set(map(int, found))):
        warnings.warn(
            f"Class indices count from 0, so there are {largest + 1} classes, but no video of "
            f"{len(missing)} of them, such as class {missing[0]}. If the labels count from 1, give "
            "`class_names` and labels from 0.",
            stacklevel=2,
        )
    return tuple(str(number) for number in range(largest + 1))


def _check_numbers(found: set[str | int], names: tuple[str, ...]) -> None:
    """Raises if a number that is written as text is the name of another class."""
    indices = {name: index for index, name in enumerate(names)}
    texts = {label for label in found if isinstance(label, str)}
    ambiguous = sorted(label for label in texts if indices.get(label, int(label)) != int(label))
    if ambiguous:
        raise ValueError(
            "Labels must all be names among `class_names`, or all be their indices. Received: "
            f"{ambiguous[0]}, which is the name of class {indices[ambiguous[0]]}, and "
            f"{min(texts - set(names), default=ambiguous[0])}, which is not a name"
        )


def _is_number(label: str | int) -> bool:
    return isinstance(label, int) or (label.isascii() and label.isdigit())
