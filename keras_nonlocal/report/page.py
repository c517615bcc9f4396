"""Writes the report: one HTML file that needs nothing else, and its pictures beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from . import curves
from .history import History, check_history, epochs_section
from .sections import PageTable, Section, percent

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
    """Writes how a training run went: `report.html`, and its pictures as PNGs beside it.

    The page is one file, without scripts, that can be read on a phone, in the dark and by ear. Next
    to it come `curves.png` and a picture for each section that has one. Where a section has none
    any more, its picture of an earlier report is removed.

    Args:
        folder: Where to. It is made if it is not there.
        title: The heading of the page.
        history: Rows of numbers by name, one an epoch, in order, each with its `epoch`. A name and
            its twin with `val_` before it share a picture. What is not finite is drawn as a gap.
        facts: Names and values for a table at the top, such as the recipe and the data.
        sections: What else the page shows, such as what `classification_sections` makes of
            scores, by the names of their pictures. `"curves"` and `"epochs"` are taken. The first
            section comes before the curves.

    Returns:
        The page's path.

    Raises:
        ValueError: There is neither a history nor a section, or a row of the history holds
            something else than numbers, or no epoch after that of the row before.

    Example:

    >>> history = [{"epoch": 1, "loss": 2.3, "val_loss": 2.2}, {"epoch": 2, "loss": 1.7}]
    >>> write_report("report", title="A try", history=history).name
    'report.html'
    """
    check_history(history)
    if not history and not sections:
        raise ValueError("A report needs `history` or `sections`. Received: neither")
    drawn, listed = ("curves", curves.curves_section(history)), ("epochs", epochs_section(history))
    given = list((sections or {}).items())
    ordered = [*given[:1], drawn, *given[1:], listed]
    page = _TEMPLATES.get_template("report.html").render(
        title=title,
        facts=PageTable(
            "About this run", ("Name", "Value"), [(name, value) for name, value in facts]
        ),
        sections=[section for _, section in ordered if section is not None],
    )
    path = Path(folder) / "report.html"
    with replacing(path) as partial:
        partial.write_text(printable(page), "utf-8")  # names of files may be no UTF-8
    for name, section in ordered:
        picture = path.with_name(f"{name}.png")
        if section is None or section.png is None:
            picture.unlink(missing_ok=True)
            continue
        with replacing(picture) as partial:
            partial.write_bytes(section.png)
    return path
