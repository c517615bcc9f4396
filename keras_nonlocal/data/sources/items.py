"""Videos that are in memory: a list of paths, with labels or without, or a pandas frame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..manifest import Manifest
from .records import manifest_of, typed


def read_items(
    items: Iterable[Any], class_names: Sequence[str] | None, root: str | None
) -> Manifest:
    """Reads paths, `(path, label)` or `(path, [labels])`; lists of labels make it multi-label.

    Raises:
        ValueError: An item is something else, or only some have labels.
    """
    items = [_pair(item, f"Item {row}") for row, item in enumerate(items)]
    if len({len(item) for item in items}) > 1:
        raise ValueError("A list of videos must have labels for all of them, or for none.")
    several = any(_is_list(label) for _, *labels in items for label in labels)
    records = [
        {"labels": [], **typed(_cells(*item), f"Item {row}")} for row, item in enumerate(items)
    ]
    where = "Item {}".format
    _check_no_row(records, where)
    return manifest_of(records, class_names, where, folder=root or "", multi_label=several)


def read_frame(frame: Any, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads a pandas frame with the columns of our CSV; labels may be lists.

    Raises:
        ValueError: It has no column `path`, or a cell is not what its column asks for.
    """
    columns = list(frame.columns)
    if "path" not in columns or {"label", "labels"} <= set(columns):
        raise ValueError(
            "A frame must have a column `path`, and `label` or `labels` if its videos are "
            f"labeled. Received: columns={columns}"
        )
    records = [
        {"path": "", "labels": [], **typed(row.items(), f"Row {number}")}
        for number, row in enumerate(frame.to_dict("records"))
    ]
    multi_label = "labels" in columns
    where = "Row {}".format
    return manifest_of(records, class_names, where, folder=root or "", multi_label=multi_label)


def _pair(item: Any, where: str) -> tuple:
    """`(path,)` or `(path, labels)`."""
    if isinstance(item, str | os.PathLike):
        return (item,)
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str | os.PathLike):
        return item
    raise ValueError(f"{where} must be a path or `(path, label)`. Received: {item!r}")


def _check_no_row(records: Sequence[dict], where: Callable[[int], str]) -> None:
    """A row of zeros and ones has one of them twice, unless there are two classes only."""
    for row, record in enumerate(records):
        if len(set(record["labels"])) < len(record["labels"]):
            raise ValueError(
                f"{where(row)}: a list of labels names the classes that are in a video, by name or "
                "number, each once; it is no row of a 0 or 1 for each class. "
                f"Received: {record['labels']}"
            )


def _cells(path: Any, *labels: Any) -> list[tuple[str, Any]]:
    """The cells of a row. A name that stands alone is not taken apart, as one in a table is."""
    listed = [label if _is_list(label) else [label] for label in labels]
    return [("path", path), *(("labels", label) for label in listed)]


def _is_list(label: Any) -> bool:
    return isinstance(label, list | tuple) or bool(getattr(label, "ndim", None))
