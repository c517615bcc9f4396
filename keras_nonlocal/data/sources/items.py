"""Videos that are listed in memory: paths, with or without labels, or a pandas data frame."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from ..manifest import Manifest
from .records import manifest_of, typed


def read_items(
    items: Iterable[Any], class_names: Sequence[str] | None, root: str | None
) -> Manifest:
    """Reads paths, `(path, label)` or `(path, [labels])`; lists of labels make it multi-label.

    Raises:
        ValueError: An item has another format, or only some items have labels.
    """
    where = "Item {}".format
    items = [_checked(item, where(row)) for row, item in enumerate(items)]
    if len({len(item) for item in items}) > 1:
        raise ValueError("A list of videos must have labels for all of them, or for none.")
    records = []
    for row, (path, *labels) in enumerate(items):
        # A label that stands alone is not split at `;`, as a cell of a table is.
        cells = [("labels", label if _is_list(label) else [label]) for label in labels]
        record = {"labels": [], **typed([("path", path), *cells], where(row))}
        # A row of zeros and ones repeats one of them, unless there are only two classes.
        if len(set(record["labels"])) < len(record["labels"]):
            raise ValueError(
                f"{where(row)}: a list of labels must name each class once; multi-hot rows are "
                f"not accepted. Received: {record['labels']}"
            )
        records.append(record)
    several = any(_is_list(label) for _, *labels in items for label in labels)
    return manifest_of(records, class_names, where, folder=root or "", multi_label=several)


def read_frame(frame: Any, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads a pandas data frame with the columns of our CSV format; labels may be lists.

    Raises:
        ValueError: The column `path` is missing, or a cell does not fit its column.
    """
    columns = list(frame.columns)
    if "path" not in columns or {"label", "labels"} <= set(columns):
        raise ValueError(
            "A data frame must have a column `path`, and `label` or `labels` if its videos are "
            f"labeled. Received: columns={columns}"
        )
    where = "Row {}".format
    records = [
        {"path": "", "labels": [], **typed(row.items(), where(number))}
        for number, row in enumerate(frame.to_dict("records"))
    ]
    several = "labels" in columns
    return manifest_of(records, class_names, where, folder=root or "", multi_label=several)


def _checked(item: Any, where: str) -> tuple:
    """`(path,)` or `(path, labels)`."""
    if isinstance(item, str | os.PathLike):
        return (item,)
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str | os.PathLike):
        return item
    raise ValueError(f"{where} must be a path or `(path, label)`. Received: {item!r}")


def _is_list(label: Any) -> bool:
    return isinstance(label, list | tuple) or bool(getattr(label, "ndim", None))
