"""Writes a report: one HTML file that needs no other file, and its plots as PNG files beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from .curves import curves_section
from .history import History, check_history, epochs_section
from .sections import ReportTable, Section, percent

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["base64"] = lambda content: base64.b64encode(content).decode()
_TEMPLATES.filters["percent"] = percent


def write_report(
    folder: PathLike,
    *,
    title: str,
    history: History,
    facts: Iterable[tuple[str, object]] = (),
    sections: Mapping[str, Section | None] | None = None,
) -> Path:
    """Writes the report of a training run: `report.html`, and its plots beside it.

    The page is one file without scripts. It fits on a phone, has a dark mode, and works with screen
    readers. Beside it are `curves.png` and a PNG file for each section that has one. If a section
    has none, the file of an earlier report is removed.

    Args:
        folder: The folder of the report. It is created if it does not exist.
        title: The heading of the page.
        history: One row of numbers by name for each epoch, in order. Each row has an `epoch`. A
            name and the same name with the prefix `val_` share a plot. Values that are not finite
            are gaps.
        facts: Names and values for a table at the top, such as the recipe and the data.
        sections: Further sections by the names of their PNG files, for example those of
            `classification_sections`. The names `"curves"` and `"epochs"` are reserved. The first
            section comes before the curves.

    Returns:
        The path of the page.

    Raises:
        ValueError: There is neither a history nor a section, a row of the history holds something
            other than numbers, or the epochs do not increase.

    Example:
        >>> history = [{"epoch": 1, "loss": 2.3, "val_loss": 2.2}, {"epoch": 2, "loss": 1.7}]
        >>> write_report("report", title="A short run", history=history).name
        'report.html'
    """
    check_history(history)
    if not history and not sections:
        raise ValueError("A report needs `history` or `sections`. Received: neither of them")
    others = list((sections or {}).items())
    curves, epochs = ("curves", curves_section(history)), ("epochs", epochs_section(history))
    ordered = [*others[:1], curves, *others[1:], epochs]
    page = _TEMPLATES.get_template("report.html").render(
        title=title,
        facts=ReportTable("About this run", ("Name", "Value"), list(facts)),
        sections=[section for _, section in ordered if section is not None],
    )
    path = Path(folder) / "report.html"
    with replacing(path) as partial:
        partial.write_text(printable(page), "utf-8")  # names of files may not be UTF-8
    for name, section in ordered:
        png = path.with_name(f"{name}.png")
        if section is None or section.png is None:
            png.unlink(missing_ok=True)
            continue
        with replacing(png) as partial:
            partial.write_bytes(section.png)
    return path
