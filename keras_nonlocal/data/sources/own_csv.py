"""Our own CSV format, with one path per row; a scan writes it, and people can write it too."""

from __future__ import annotations

from collections.abc import Sequence

from ...utils.remote_files import folder_of
from ...utils.schema import parse_json
from ..manifest import Manifest
from .records import check_names, manifest_of, typed
from .tables import Table

CLASS_NAMES_COMMENT = "# class_names:"
NUMBERS_COMMENT = "# labels: numbers of class_names"


def read_own_csv(table: Table, class_names: Sequence[str] | None, root: str | None) -> Manifest:
    """Reads the columns `path`, `label` or `labels`, `split`, `start`, `end`, `times`, ...

    A file with a column `labels`, joined by `;`, is multi-label. Class names may stand in a comment
    at the start of the file: `# class_names: ["bend", "run"]`.

    Raises:
        ValueError: A cell does not fit its column, or a label is not a class name.
    """
    if {"label", "labels"} <= set(table.header):
        raise ValueError(
            f"{table.path!r} must have a column `label`, where classes exclude each other, or a "
            f"column `labels`, not both. Received: {', '.join(table.header)}"
        )
    rows, where = table.rows()
    records = [
        {"labels": [], **typed(row.items(), where(number))} for number, row in enumerate(rows)
    ]
    names_in_file = _names_in_file(table)
    if names_in_file and NUMBERS_COMMENT in table.comments:
        for number, record in enumerate(records):
            record["labels"] = [
                _class_name(label, names_in_file, where(number)) for label in record["labels"]
            ]
    folder = folder_of(table.path) if root is None else root
    names = names_in_file if class_names is None else class_names
    several = "labels" in table.header
    return manifest_of(records, names, where, folder=folder, multi_label=several)


def _names_in_file(table: Table) -> tuple[str, ...] | None:
    for line in table.comments:
        if line.startswith(CLASS_NAMES_COMMENT):
            try:
                return check_names(parse_json(line.removeprefix(CLASS_NAMES_COMMENT), "It"))
            except (ValueError, TypeError) as error:
                raise ValueError(
                    f"{table.path!r}: expected a comment such as "
                    f'`{CLASS_NAMES_COMMENT} ["bend", "run"]`. Received: {line} ({error})'
                ) from error
    return None


def _class_name(label: str, names: Sequence[str], where: str) -> str:
    if not label.isdigit() or int(label) >= len(names):
        raise ValueError(
            f"{where}: the label must be a class index from 0 to {len(names) - 1}, as the comment "
            f"at the start of the file says. Received: {label!r}"
        )
    return names[int(label)]
