"""Our own table: a CSV file with a path a row, which a scan writes and people can write too."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Sequence

from ...utils.remote_files import folder_of
from ..manifest import Manifest
from .records import Where, check_names, manifest_of, typed
from .tables import Table

CLASS_NAMES_COMMENT = "# class_names:"
NUMBERS_COMMENT = "# labels: numbers of class_names"
_DECIMAL = re.compile(r"\d+\.0+")
_LABEL_LIKE = {"action", "category", "class", "class_name", "label", "labels", "target"}


def read_own_csv(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads columns `path`, `label` or `labels`, `split`, `start`, `end`, `times`, `frames`, ...

    A file with `labels`, joined by `;`, is multi-label; one without either is read without labels,
    with a warning if another column seems to hold some. Class names may stand in a comment at the
    start, `# class_names: ["bend", "run"]`.

    Raises:
        ValueError: A cell is not what its column asks for, or a label is no class name.
    """
    rows, lines = table.rows()
    _warn_of_labels(table)
    where = table.place(lines)
    multi_label = _is_multi_label(table)
    records = [
        {"labels": [], **typed(row.items(), where(number))} for number, row in enumerate(rows)
    ]
    own = _own_names(table)
    if own and NUMBERS_COMMENT in table.comments:
        for number, record in enumerate(records):
            record["labels"] = [_named(label, own, where(number)) for label in record["labels"]]
    elif own is None and class_names is None:
        _check_no_decimals(records, where)
    folder = folder_of(table.path) if root is None else root
    names = own if class_names is None else class_names
    return manifest_of(records, names, where, folder=folder, multi_label=multi_label)


def _is_multi_label(table: Table) -> bool:
    if {"label", "labels"} <= set(table.header):
        raise ValueError(
            f"{table.path!r} must have a column `label`, where classes exclude each other, or a "
            f"column `labels`, not both. Received: {', '.join(table.header)}"
        )
    return "labels" in table.header


def _warn_of_labels(table: Table) -> None:
    if {"label", "labels"} & set(table.header):
        return
    meant = [column for column in table.header if column.lower() in _LABEL_LIKE]
    if meant:
        warnings.warn(
            f"{table.path!r} is read without labels: it has a column {meant[0]!r}. Call it `label` "
            "if it names the class of each video.",
            stacklevel=2,
        )


def _check_no_decimals(records: Sequence[dict], where: Where) -> None:
    """Labels `1.0`, as pandas writes whole numbers of a column in which one is missing."""
    labels = [(row, label) for row, each in enumerate(records) for label in each["labels"]]
    if labels and all(_DECIMAL.fullmatch(label) for _, label in labels):
        row, label = labels[0]
        raise ValueError(
            f"{where(row)}: the label must be a whole number or a name. Received: {label!r}. "
            "If it is a number, write it without a point, `frame.astype({'label': 'Int64'})` in "
            "pandas; if it is a name, give `class_names`."
        )


def _own_names(table: Table) -> tuple[str, ...] | None:
    for line in table.comments:
        if line.startswith(CLASS_NAMES_COMMENT):
            try:
                return check_names(json.loads(line.removeprefix(CLASS_NAMES_COMMENT)))
            except (ValueError, TypeError) as error:
                raise ValueError(
                    f"{table.path!r}: expected a comment such as "
                    f'`{CLASS_NAMES_COMMENT} ["bend", "run"]`. Received: {line} ({error})'
                ) from error
    return None


def _named(label: str, names: Sequence[str], where: str) -> str:
    if not label.isdigit() or int(label) >= len(names):
        raise ValueError(
            f"{where}: the label must be a number from 0 to {len(names) - 1}, as the comment at "
            f"the start of the file says. Received: {label!r}"
        )
    return names[int(label)]
