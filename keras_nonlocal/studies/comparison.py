"""Results of a study -> accuracies, how sure their differences are, a table and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..tasks.video_classification.recipe import VideoRecipe
from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from .study import Study, Trial, recipe_of
from .study_run import read_result

_BLUE, _ORANGE, _GRAY = "#0072b2", "#d55e00", "#9a9a9a"
_EXPLAINED = """\
![Accuracies and differences](results.png)

top-1 is the percentage of the evaluated videos, mean ± standard deviation between seeds. Networks \
were trained without the videos of the group that a column names. The difference is to the first \
row of a table, with the 95 % interval of a bootstrap over groups and seeds; bold intervals and \
filled marks exclude zero. With few groups or seeds, intervals come out too narrow, and of twenty \
differences that are none, one excludes zero by chance. s is the median of the seconds of a \
training. A dash stands for what is not known. In the plot, seeds are gray, the paper is orange.
"""


def compare(
    study: Study, recipe: VideoRecipe, groups: Sequence[str], folder: PathLike
) -> dict[str, Any]:
    """Compares what `run_study` has found so far: the seeds for which every group is done.

    Args:
        study, recipe, folder: As in `run_study`.
        groups: The names of the groups, as `study.groups` finds them in the videos.

    Returns:
        What `results.json` will hold: `rows`, with the `mean` accuracy of the seeds, 0..1, its
        standard deviation as `spread`, the `difference` to the first row of the table, the median
        `seconds` of a training, and all `results`. What is not known is `None`.

    Raises:
        ValueError: A result is damaged.

    Example:
        study, recipe = read_study("table2_weizmann")
        groups = list(study.groups(read_source("weizmann")))
        found = compare(study, recipe, groups, "runs/table2")
    """
    rows: list[dict[str, Any]] = []
    first: dict[str, dict] = {}
    for row in study.rows:
        results = {}
        for seed in study.seeds:
            changed = recipe_of(row, recipe, seed)
            read = [read_result(Path(folder), Trial(changed, group)) for group in groups]
            if None not in read:
                results[seed] = [asdict(each) for each in read if each]
        every = [each for of_seed in results.values() for each in of_seed]
        scores = _accuracies(every, groups, axis=1)
        reference = first.setdefault(row.table, results)
        rows.append(
            {
                **asdict(row),
                "mean": float(np.mean(scores)) if results else None,
                "spread": float(np.std(scores, ddof=1)) if len(results) > 1 else None,
                "difference": _difference(results, reference),
                "seconds": float(np.median([one["seconds"] for one in every])) if every else None,
                "results": every,
            }
        )
    about = {"about": study.about, "groups": list(groups), "seeds": list(study.seeds)}
    return {**about, "rows": rows}


def paired_difference(
    ours: np.ndarray, theirs: np.ndarray, videos: Sequence[int], draws: int = 10_000
) -> dict[str, float | None]:
    """The difference of two accuracies on the same videos, by the percentile bootstrap.

    Seeds and groups are drawn again and again with replacement, independently: the question is
    what the difference would be with other people and other seeds. Both networks keep their pairs,
    so that a person who is difficult for both does not count as spread.

    Args:
        ours, theirs: How many videos were recognized, `(seeds, groups)`.
        videos: How many videos there are in each group.
        draws: How often seeds and groups are drawn.

    Returns:
        The mean, -1..1, and the ends of a 95 % interval, `None` for one seed and one group.

    Example:

    >>> paired_difference(np.array([[9, 7]]), np.array([[8, 7]]), [10, 10])
    {'mean': 0.05, 'low': 0.0, 'high': 0.1}
    """
    gained, sizes = np.asarray(ours) - theirs, np.asarray(videos)
    seeds, groups = gained.shape
    mean = float(gained.sum() / (seeds * sizes.sum()))
    if gained.size == 1:
        return {"mean": mean, "low": None, "high": None}
    rng = np.random.default_rng(0)
    rows = rng.integers(seeds, size=(draws, seeds))
    columns = rng.integers(groups, size=(draws, groups))
    drawn = gained[rows[:, :, None], columns[:, None, :]].sum(axis=(1, 2))
    low, high = np.quantile(drawn / (seeds * sizes[columns].sum(axis=1)), [0.025, 0.975])
    return {"mean": mean, "low": float(low), "high": float(high)}


def write_comparison(found: dict[str, Any], folder: PathLike) -> None:
    """Writes `results.md`, a table, `results.png`, a plot, and `results.json`, all numbers.

    Args:
        found: What `compare` returned.
        folder: Where to write.

    Raises:
        OSError: A file cannot be written.

    Example:
        write_comparison(compare(study, recipe, groups, "runs/table2"), "runs/table2")
    """
    folder = Path(folder)
    with replacing(folder / "results.md") as partial:
        partial.write_text(_page(found), "utf-8")
    with replacing(folder / "results.json") as partial:
        partial.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    with replacing(folder / "results.png") as partial:
        _plot(found).savefig(partial, format="png", dpi=150)


def _accuracies(results: list[dict], groups: Sequence[str], axis: int) -> np.ndarray:
    """Accuracies of each seed (axis 1) or of each group (axis 0)."""
    counts = np.array([(each["right"], each["videos"]) for each in results])
    right, videos = counts.reshape(-1, len(groups), 2).sum(axis).T
    return right / videos


def _difference(ours: dict, theirs: dict) -> dict | None:
    seeds = [seed for seed in ours if seed in theirs]
    if ours is theirs or not seeds:
        return None
    right = [np.array([[e["right"] for e in of[seed]] for seed in seeds]) for of in (ours, theirs)]
    return paired_difference(right[0], right[1], [each["videos"] for each in ours[seeds[0]]])


def _is_sure(difference: dict) -> bool:
    """Whether the interval lies on one side of zero."""
    return difference["low"] is not None and difference["low"] * difference["high"] > 0


def _tables(found: dict[str, Any]) -> dict[str, list[dict]]:
    """The rows of each table, by its name."""
    names = dict.fromkeys(row["table"] for row in found["rows"])
    return {name: [row for row in found["rows"] if row["table"] == name] for name in names}


def _page(found: dict[str, Any]) -> str:
    """Accuracies in percent, as Markdown."""
    lines = [f"# {found['about']}\n", _EXPLAINED]
    for name, rows in _tables(found).items():
        cells = [_cells(row, found) for row in rows]
        rule = ["---", *["---:"] * (len(cells[0]) - 1)]
        table = [list(cells[0]), rule, *(each.values() for each in cells)]
        lines += [f"## {name}\n", *(f"| {' | '.join(each)} |" for each in table), ""]
    return "\n".join(lines)


def _cells(row: dict[str, Any], found: dict[str, Any]) -> dict[str, str]:
    """A row of the table, by the names of its columns."""
    groups, results = found["groups"], row["results"]
    by_group = _accuracies(results, groups, axis=0) if results else [None] * len(groups)
    cells = {
        "network": row["name"],
        "top-1": f"{_percent(row['mean'], 1)} ± {_percent(row['spread'], 1)}",
        "difference": _signed(row["difference"]),
        "paper": str(row["published"] or "-"),
        "seeds": f"{len(results) // len(groups)} of {len(found['seeds'])}",
        "s": f"{row['seconds']:.0f}" if results else "-",
    }
    if not any(each["published"] for each in found["rows"]):
        del cells["paper"]
    return cells | {name: _percent(each, 0) for name, each in zip(groups, by_group, strict=True)}


def _percent(share: float | None, digits: int) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f}"


def _signed(difference: dict | None) -> str:
    if difference is None:
        return "-"
    mean, *ends = (f"{100 * each:+.1f}" for each in difference.values() if each is not None)
    text = f"{mean} ({' to '.join(ends)})" if ends else mean
    return f"**{text}**" if _is_sure(difference) else text


def _plot(found: dict[str, Any]) -> Any:
    """A matplotlib figure: accuracies on the left, differences on the right, a line a network."""
    from matplotlib.figure import Figure

    lines = [line for name, rows in _tables(found).items() for line in ({"name": name}, *rows)]
    figure = Figure((10, 1 + 0.3 * len(lines)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    left.set_yticks(range(len(lines)), [line["name"] for line in lines])
    left.set_ylim(len(lines) - 0.5, -0.5)
    for axes, label in ((left, "top-1, %"), (right, "difference, percentage points")):
        axes.set_xlabel(label)
        axes.grid(axis="x", alpha=0.3)
    right.axvline(0, color=_GRAY, linewidth=1, zorder=1)
    for place, (line, label) in enumerate(zip(lines, left.get_yticklabels(), strict=True)):
        if "table" in line:
            _draw(left, right, place, line, found["groups"])
        else:
            label.set_fontweight("bold")  # the name of a table
    return figure


def _draw(left: Any, right: Any, place: int, row: dict, groups: Sequence[str]) -> None:
    """One network; its seeds stand below its mean."""
    style: dict[str, Any] = {"color": _BLUE, "capsize": 3, "zorder": 3}
    if row["published"]:
        left.plot(row["published"], place, "|", color=_ORANGE, markersize=13, markeredgewidth=2)
    if row["results"]:
        scores = 100 * _accuracies(row["results"], groups, axis=1)
        left.plot(scores, [place + 0.3] * len(scores), "o", color=_GRAY, markersize=3, alpha=0.5)
        left.errorbar(scores.mean(), place, xerr=100 * (row["spread"] or 0), fmt="D", **style)
    if difference := row["difference"]:
        mean, *ends = (100 * each for each in difference.values() if each is not None)
        reach = [[abs(mean - end)] for end in ends] or None
        face = _BLUE if _is_sure(difference) else "white"
        right.errorbar(mean, place, xerr=reach, fmt="o", markerfacecolor=face, **style)
