"""Results of a study -> accuracies of its rows, and how sure their differences are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..tasks.video_classification.recipe import VideoRecipe
from ..utils.checks import PathLike
from .study import Row, Study, Trial, recipe_of
from .study_run import Result, read_result

DRAWS = 10_000  # of the bootstrap


@dataclass(frozen=True)
class Comparison:
    """What came out for one row of a study.

    Attributes:
        row: The network.
        groups: Their names.
        results: By seed, one for each group; seeds that lack a group are left out.
        first: The first row of the same table; `None` for that one itself.
    """

    row: Row
    groups: tuple[str, ...]
    results: dict[int, tuple[Result, ...]]
    first: Comparison | None = None

    @property
    def by_seed(self) -> dict[int, float]:
        """Accuracy over all groups, 0..1."""
        return {seed: _accuracy(results) for seed, results in self.results.items()}

    @property
    def by_group(self) -> dict[str, float]:
        """Accuracy over all seeds, 0..1; empty without any."""
        columns = zip(*self.results.values(), strict=True)
        return {column[0].group: _accuracy(column) for column in columns}

    @property
    def mean(self) -> float | None:
        """Of the seeds; `None` without any."""
        return float(np.mean(list(self.by_seed.values()))) if self.results else None

    @property
    def spread(self) -> float | None:
        """Standard deviation between seeds; `None` with fewer than two."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if len(self.results) > 1 else None

    @property
    def seconds(self) -> float | None:
        """Median time of a training, as machines are not always quiet; `None` without any."""
        times = [each.seconds for results in self.results.values() for each in results]
        return float(np.median(times)) if times else None

    @cached_property
    def difference(self) -> Difference | None:
        """To the first row of the table, over the seeds that both have; `None` without any."""
        seeds = [seed for seed in self.results if self.first and seed in self.first.results]
        if self.first is None or not seeds:
            return None
        ours, theirs = (
            np.array([[result.right for result in each.results[seed]] for seed in seeds])
            for each in (self, self.first)
        )
        return paired_difference(ours, theirs, [each.videos for each in self.results[seeds[0]]])


@dataclass(frozen=True)
class Difference:
    """How much more of the videos one network recognizes than another.

    Attributes:
        mean: Of the accuracies, -1..1.
        low, high: A 95 % interval; `None` where neither groups nor seeds are several.
    """

    mean: float
    low: float | None = None
    high: float | None = None

    @property
    def is_sure(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def paired_difference(
    ours: np.ndarray, theirs: np.ndarray, videos: Sequence[int], draws: int = DRAWS
) -> Difference:
    """The difference of two accuracies on the same videos, by the percentile bootstrap.

    Seeds and groups are drawn again and again with replacement, each by themselves: what is
    asked is how the difference would come out with other people and other seeds. Both networks
    keep their pairs, so that a person who is difficult for both does not count as spread.

    Args:
        ours, theirs: How many videos were recognized, `(seeds, groups)`.
        videos: How many there are in each group.
        draws: How many times.

    Example:

    >>> paired_difference(np.array([[9, 7]]), np.array([[8, 7]]), [10, 10])
    Difference(mean=0.05, low=0.0, high=0.1)
    """
    gained, sizes = np.asarray(ours) - theirs, np.asarray(videos)
    seeds, groups = gained.shape
    mean = float(gained.sum() / (seeds * sizes.sum()))
    if gained.size == 1:
        return Difference(mean)
    rng = np.random.default_rng(0)
    rows = rng.integers(seeds, size=(draws, seeds))
    columns = rng.integers(groups, size=(draws, groups))
    drawn = gained[rows[:, :, None], columns[:, None, :]].sum(axis=(1, 2))
    low, high = np.quantile(drawn / (seeds * sizes[columns].sum(axis=1)), [0.025, 0.975])
    return Difference(mean, float(low), float(high))


def compare(
    study: Study, recipe: VideoRecipe, groups: Sequence[str], folder: PathLike
) -> list[Comparison]:
    """Reads what `run_study` has found so far: the seeds for which every group is done.

    Args:
        study, recipe, folder: As in `run_study`.
        groups: What `groups_of` finds in the videos.

    Raises:
        ValueError: A result is damaged.
    """
    found: list[Comparison] = []
    first: dict[str, Comparison] = {}
    for row in study.rows:
        results = {seed: _results(row, recipe, seed, groups, Path(folder)) for seed in study.seeds}
        complete = {seed: each for seed, each in results.items() if len(each) == len(groups)}
        found.append(Comparison(row, tuple(groups), complete, first.get(row.table)))
        first.setdefault(row.table, found[-1])
    return found


def _results(row, recipe, seed, groups, folder) -> tuple[Result, ...]:
    changed = recipe_of(row, recipe, seed)
    read = (read_result(folder, Trial(changed, group)) for group in groups)
    return tuple(each for each in read if each is not None)


def _accuracy(results: Sequence[Result]) -> float:
    return sum(each.right for each in results) / sum(each.videos for each in results)
