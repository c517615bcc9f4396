"""Comparisons of a study as files: a table to read, a plot, and all numbers for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from .comparison import Comparison
from .comparison_plot import plot
from .study import Study


def write_comparison(found: Sequence[Comparison], study: Study, folder: PathLike) -> None:
    """Writes `results.md`, a table, `results.png`, a plot, and `results.json`, all numbers.

    Args:
        found: What `compare` returned.
        study: It was asked about.
        folder: Where to write.

    Example:
        write_comparison(compare(study, recipe, groups, "runs/table2"), study, "runs/table2")
    """
    folder = Path(folder)
    for name, text in (
        ("results.md", page(found, study)),
        ("results.json", json.dumps(as_numbers(found, study), indent=1) + "\n"),
    ):
        with replacing(folder / name) as partial:
            partial.write_text(text, "utf-8")
    with replacing(folder / "results.png") as partial:
        plot(found, study).savefig(partial, format="png", dpi=150)


def page(found: Sequence[Comparison], study: Study) -> str:
    """Accuracies in percent, as Markdown."""
    lines = [f"# {study.about}", "", "![Accuracies and differences](results.png)", ""]
    for paragraph in _explained(found, study):
        lines += [paragraph, ""]
    for name in study.tables:
        cells = [_cells(each, study) for each in found if each.row.table == name]
        lines += [
            f"## {name}",
            "",
            _line(cells[0]),
            _line(["---", *["---:"] * (len(cells[0]) - 1)]),
        ]
        lines += [*(_line(each.values()) for each in cells), ""]
    return "\n".join(lines)


def as_numbers(found: Sequence[Comparison], study: Study) -> dict[str, Any]:
    """Accuracies 0..1, and each result that they come from, as JSON."""
    return {
        "about": study.about,
        "groups": list(found[0].groups),
        "seeds": list(study.seeds),
        "rows": [
            {
                **asdict(each.row),
                "mean": each.mean,
                "spread": each.spread,
                "difference": each.difference and asdict(each.difference),
                "seconds": each.seconds,
                "results": [asdict(one) for seed in each.results.values() for one in seed],
            }
            for each in found
        ],
    }


def _explained(found, study) -> list[str]:
    """How the figures were made, and what they cannot tell."""
    groups = len(found[0].groups)
    tested = f"Trained on the split `{study.split}`, tested on `{study.validation_subset}`."
    if study.group is not None:
        tested = f"Each of {groups} groups was left out of training once, and tested."
    drawn = " and ".join(["groups"] * (groups > 1) + ["seeds"] * (len(study.seeds) > 1))
    compared = "The difference is to the first row of a table"
    if drawn:
        compared += f", with the 95 % interval of a bootstrap over {drawn}; bold excludes zero"
    lines = [
        f"{tested} top-1: percent of all videos, mean ± standard deviation between seeds. "
        f"{compared}. A dash: not known, or not yet. s: median seconds of a training."
    ]
    if drawn:
        lines.append(
            "With few groups or seeds such intervals come out too narrow rather than too wide, and "
            "of twenty differences that are none one excludes zero by chance."
        )
    return lines


def _cells(each: Comparison, study: Study) -> dict[str, str]:
    """A row of the table, by the heads of its columns."""
    cells = {"network": each.row.name, "top-1": _score(each), "difference": _difference(each)}
    if any(row.published is not None for row in study.rows):
        cells["paper"] = "-" if each.row.published is None else f"{each.row.published:.1f}"
    cells["seeds"] = f"{len(each.results)} of {len(study.seeds)}"
    cells["s"] = "-" if each.seconds is None else f"{each.seconds:.0f}"
    if len(each.groups) > 1:
        by_group = each.by_group
        cells |= {name: f"{100 * by_group[name]:.0f}" if by_group else "-" for name in each.groups}
    return cells


def _score(each: Comparison) -> str:
    if each.mean is None:
        return "-"
    return f"{100 * each.mean:.1f} ± {'-' if each.spread is None else f'{100 * each.spread:.1f}'}"


def _difference(each: Comparison) -> str:
    found = each.difference
    if found is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{100 * found.mean:+.1f}"
    text = f"{100 * found.mean:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"
    return f"**{text}**" if found.is_sure else text


def _line(cells) -> str:
    return f"| {' | '.join(cells)} |"
