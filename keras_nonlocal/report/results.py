"""The figures of the whole test, each with the interval it would lie in on other such examples."""

from __future__ import annotations

import math

from ..metrics.metrics import summary
from ..metrics.scores_file import Scores
from ..pages.parts import Section, format_number, paragraph, per_cent, table
from .history import is_share, title

_INTERVAL = "_interval"


def section(scores: Scores) -> Section:
    """All figures of the summary, one a row."""
    figures = summary(scores)
    rows = [
        (title(name), _said(name, figures[name]), _between(name, figures.get(name + _INTERVAL)))
        for name in figures
        if not name.endswith(_INTERVAL)
    ]
    heads = ("Measure", "Value", "95 % interval")
    counts = f"{len(scores.paths)} examples of {len(scores.class_names)} classes were tested."
    return Section("Results", paragraph(counts) + table(heads, rows, "On all tested examples"))


def _said(name, value) -> str:
    if not math.isfinite(value):
        return "not measured"
    return per_cent(value) if is_share(name) else format_number(value)


def _between(name, ends) -> str:
    return "" if ends is None else " to ".join(_said(name, end) for end in ends)
