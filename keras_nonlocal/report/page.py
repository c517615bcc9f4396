"""Puts the report together: one HTML file that needs nothing else, its pictures beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..pages.parts import Section, table, text
from ..pages.template import PAGE
from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.text import printable
from . import curves, epochs
from .history import History, checked

_PICTURES = re.compile(r'<meta name="pictures" content="([a-z_ ]*)">')


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
    to it come `curves.png` and a picture for each section that has one; those of an earlier report
    are replaced, or removed.

    Args:
        folder: Where to. It is made if it is not there.
        title: The heading of the page.
        history: Rows of numbers by name, one an epoch, in order, each with its `epoch`. A name and
            its twin with `val_` before it share a picture. What is not finite is drawn as a gap.
        facts: Names and values for a table at the top, such as the recipe and the data.
        sections: What else the page shows, such as what `classification_sections` makes of
            scores, by the names of their pictures: small letters and `_`. The first comes before
            the curves.

    Returns:
        The page's path.

    Raises:
        ValueError: There is neither a history nor a section, a section has the name of another,
            or a row of the history is no row of numbers with an epoch after the last.

    Example:

    >>> history = [{"epoch": 1, "loss": 2.3, "val_loss": 2.2}, {"epoch": 2, "loss": 1.7}]
    >>> write_report("report", title="A try", history=history).name
    'report.html'
    """
    folder, rows = Path(folder), checked(history)
    if not rows and not sections:
        raise ValueError("A report needs `history` or `sections`, but it received neither.")
    for name in sections or ():
        if not re.fullmatch("[a-z_]+", name) or name in ("curves", "epochs"):
            raise ValueError(
                "A section's name must be of small letters and `_`, and neither `curves` nor "
                f"`epochs`. Received: {name!r}"
            )
    first, *others = (sections or {}).items() or [("", None)]
    ordered = [first, ("curves", curves.section(rows)), *others, ("epochs", epochs.section(rows))]
    shown = {name: section for name, section in ordered if section is not None}
    pictures = {name: section.png for name, section in shown.items() if section.png is not None}
    page = folder / "report.html"
    before = _pictures_of(page)
    words = _page(title, facts, shown.values(), pictures)
    _write(page, printable(words).encode())  # names of files may be no UTF-8
    for name in {*before, *pictures}:
        _write(folder / f"{name}.png", pictures.get(name))
    return page


def _page(title, facts, sections, pictures) -> str:
    rows = [(name, value) for name, value in facts]
    body = [table(("Name", "Value"), rows, "About this run")] if rows else []
    for section in sections:
        body += [f"<section>\n<h2>{text(section.heading)}</h2>", section.body, "</section>"]
    names = " ".join(pictures)
    return PAGE.substitute(title=text(title), pictures=text(names), body="\n".join(body))


def _pictures_of(page: Path) -> list[str]:
    """The names of the pictures beside an earlier page, as it says."""
    if not page.is_file():
        return []
    found = _PICTURES.search(page.read_text("utf-8", errors="replace"))
    return found[1].split() if found else []


def _write(path, content) -> None:
    """Replaces a file, or removes it where there is nothing to write."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as partial:
        partial.write_bytes(content)
