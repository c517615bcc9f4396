"""Puts the report together: one HTML file that needs nothing else, its pictures beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..data.files import printable
from ..evaluation import Scores
from ..replacing import replacing
from ..validation import positive_int
from . import confusion, curves, epochs, per_class, results
from . import samples as sample_clips
from .history import History, checked
from .parts import table, text
from .template import PAGE

PICTURES = ("curves", "confusion", "per_class", "samples")


def write_report(
    folder: str | os.PathLike[str],
    *,
    title: str,
    history: History,
    facts: Iterable[tuple[str, object]] = (),
    scores: Scores | None = None,
    samples: int = 6,
) -> Path:
    """Writes how a training run went: `report.html`, and its pictures as PNGs beside it.

    The page is one file, without scripts, that can be read on a phone, in the dark and by ear. Next
    to it come `curves.png` and, with `scores`, `confusion.png` (each video of one class only),
    `per_class.png` and `samples.png`; those of an earlier report are replaced, or removed.

    Args:
        folder: Where to. It is made if it is not there.
        title: The heading of the page.
        history: Rows of numbers by name, one an epoch, in order, each with its `epoch`. A name and
            its twin with `val_` before it share a picture. What is not finite is drawn as a gap.
        facts: Names and values for a table at the top, such as the recipe and the data.
        scores: What the trained model says of videos that it was not trained on.
        samples: How many of these videos to show: those that the model was most sure of, half of
            them right and half wrong as far as there are such.

    Returns:
        The page's path.

    Raises:
        ValueError: There is neither a history nor scores, or a row of the history is no row of
            numbers with an epoch after the last.

    Example:

    >>> history = [{"epoch": 1, "loss": 2.3, "val_loss": 2.2}, {"epoch": 2, "loss": 1.7}]
    >>> write_report("report", title="A try", history=history).name
    'report.html'
    """
    folder, rows = Path(folder), checked(history)
    if not rows and scores is None:
        raise ValueError("A report needs `history` or `scores`, but it received neither.")
    positive_int("samples", samples)
    sections = {"curves": curves.section(rows)}
    if scores is not None:
        sections = {
            "results": results.section(scores),
            **sections,
            "samples": sample_clips.section(scores, samples),
            "per_class": per_class.section(scores),
            "confusion": confusion.section(scores),
        }
    sections["epochs"] = epochs.section(rows)
    shown = {name: section for name, section in sections.items() if section is not None}
    page = folder / "report.html"
    words = _page(title, facts, shown.values())
    _write(page, printable(words).encode())  # names of files may be no UTF-8
    for name in PICTURES:
        _write(folder / f"{name}.png", shown[name].png if name in shown else None)
    return page


def _page(title, facts, sections) -> str:
    rows = [(name, value) for name, value in facts]
    body = [table(("Name", "Value"), rows, "About this run")] if rows else []
    for section in sections:
        body += [f"<section>\n<h2>{text(section.heading)}</h2>", section.body, "</section>"]
    return PAGE.substitute(title=text(title), body="\n".join(body))


def _write(path, content) -> None:
    """Replaces a file, or removes it where there is nothing to write."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as partial:
        partial.write_bytes(content)
