"""Scores on disk: one file, or a folder to which several processes wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..utils.checks import PathLike
from .score_shard import ScoreShard, read_shard, settings_differences, write_shard
from .scores import Scores

_SHARD = re.compile(r"scores-(\d{5})-of-(\d{5})\.npz")


def write_scores(scores: Scores, path: PathLike) -> None:
    """Writes scores to an npz file, which is never visible half-written.

    Args:
        scores: The scores to write.
        path: Path of the file; its name must end in `.npz`.

    Raises:
        ValueError: The name does not end in `.npz`.

    Example:

        scores = evaluator.evaluate(model, "actions", split="test")
        write_scores(scores, "test.npz")
    """
    write_shard(ScoreShard(scores, np.arange(len(scores))), path)


def read_scores(path: PathLike) -> Scores:
    """Reads an npz file of scores, or merges the files of several processes.

    Args:
        path: Path of the file, or the `folder` of `Evaluator.evaluate`.

    Returns:
        The scores; those of a folder are in the order of the source.

    Raises:
        FileNotFoundError: The file does not exist, or the folder has no scores.
        ValueError: A file does not hold scores, or not yet those of all examples. Or a folder
            lacks the file of a process, or holds files with different settings.

    Example:

        scores = read_scores("results")
        print(summary(scores)["top1"])
    """
    path = Path(path)
    shards = {file: read_shard(file) for file in (_shard_files(path) if path.is_dir() else [path])}
    for file, shard in shards.items():
        if shard.num_remaining:
            raise ValueError(
                f"{str(file)!r} has the scores of {len(shard.scores)} examples; "
                f"{shard.num_remaining} more are still to be evaluated. Call `evaluate` with the "
                "same arguments again to resume."
            )
    return _merge(shards)


def _shard_files(folder: Path) -> list[Path]:
    """The files of all processes that wrote to a folder, in order."""
    found = {path.name: path for path in folder.iterdir() if _SHARD.fullmatch(path.name)}
    if not found:
        raise FileNotFoundError(
            f"{str(folder)!r} has no scores. Expected files such as scores-00000-of-00001.npz."
        )
    count = min(name[-9:-4] for name in found)
    expected = [f"scores-{index:05d}-of-{count}.npz" for index in range(int(count))]
    if sorted(found) != expected:
        raise ValueError(
            f"{str(folder)!r} must hold the scores of all processes of one evaluation. "
            f"Missing: {sorted(set(expected) - set(found))}. Unexpected: "
            f"{sorted(set(found) - set(expected))}"
        )
    return [found[name] for name in expected]


def _merge(shards: Mapping[Path, ScoreShard]) -> Scores:
    (first_file, first), *others = shards.items()
    settings, *other_settings = (
        {"class_names": [*shard.scores.class_names], **shard.settings} for shard in shards.values()
    )
    for (file, _), other in zip(others, other_settings, strict=True):
        if lines := settings_differences(other, settings, now=f"in {file.name}"):
            raise ValueError(
                f"{str(first_file)!r} and {file.name!r} have different settings:\n"
                + "\n".join(lines)
            )
    positions = np.concatenate([shard.positions for shard in shards.values()])
    if len(set(positions.tolist())) < len(positions):
        raise ValueError(
            f"{str(first_file.parent)!r} has the scores of one example twice. Delete its files and "
            "evaluate again."
        )
    scores = [shard.scores for shard in shards.values()]
    merged = Scores(
        tuple(path for each in scores for path in each.paths),
        first.scores.class_names,
        np.concatenate([each.targets for each in scores]),
        np.concatenate([each.probabilities for each in scores]),
        None if first.scores.multi_label else _merge_ranks(scores),
    )
    return merged.rows(np.argsort(positions))


def _merge_ranks(scores: list[Scores]) -> np.ndarray:
    return np.concatenate([each.ranks for each in scores if each.ranks is not None])
