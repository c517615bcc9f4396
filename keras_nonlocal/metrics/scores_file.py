"""Scores on disk: a file, or a folder of those that several processes wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..utils.checks import PathLike
from .scores import Scores as Scores
from .scores_part import Part, read_part, settings_differences, write_part

_SHARD = re.compile(r"scores-(\d{5})-of-(\d{5})\.npz")


def write_scores(scores: Scores, path: PathLike) -> None:
    """Writes scores to an npz file, which appears under its name when it is complete.

    Args:
        scores: What is written.
        path: The file; its name must end in `.npz`.

    Example:

        scores = evaluator.evaluate(model, "actions", split="test")
        write_scores(scores, "test.npz")
    """
    write_part(Part(scores, np.arange(len(scores))), path)


def read_scores(path: PathLike) -> Scores:
    """Reads an npz file of scores, or merges those of several processes.

    Args:
        path: The file, or the `folder` of `Evaluator.evaluate`. There, scores come in the order
            of the source.

    Raises:
        FileNotFoundError: There is no such file, or a folder without scores.
        ValueError: A file holds no scores, or not those of all examples yet; a folder lacks the
            files of a process, or has some that were made in different ways.

    Example:

        scores = read_scores("results")
        print(summary(scores)["top1"])
    """
    path = Path(path)
    parts = {file: read_part(file) for file in (_shards(path) if path.is_dir() else [path])}
    for file, part in parts.items():
        if part.left:
            raise ValueError(
                f"{str(file)!r} has {len(part.scores)} examples, and {part.left} are still to be "
                "done. Call `evaluate` with the same arguments again; it goes on from there."
            )
    return _merged(parts)


def _shards(folder: Path) -> list[Path]:
    """The files of all processes that worked on a folder, in order."""
    found = {path.name: path for path in folder.iterdir() if _SHARD.fullmatch(path.name)}
    counts = sorted({name[-9:-4] for name in found})
    if not found:
        raise FileNotFoundError(
            f"{str(folder)!r} holds no scores. Expected files such as scores-00000-of-00001.npz."
        )
    wanted = [f"scores-{number:05d}-of-{counts[0]}.npz" for number in range(int(counts[0]))]
    if sorted(found) != wanted:
        raise ValueError(
            f"{str(folder)!r} must hold the scores of all processes, and of one run only. "
            f"Missing: {sorted(set(wanted) - set(found))}. Too many: "
            f"{sorted(set(found) - set(wanted))}"
        )
    return [found[name] for name in wanted]


def _merged(parts: Mapping[Path, Part]) -> Scores:
    (first_file, first), *others = parts.items()
    for file, part in others:
        if lines := settings_differences(_how(part), _how(first), now=f"in {file.name}"):
            raise ValueError(
                f"{str(first_file)!r} and {file.name!r} were made in different ways:\n"
                + "\n".join(lines)
            )
    positions = np.concatenate([part.positions for part in parts.values()])
    if len(set(positions.tolist())) < len(positions):
        raise ValueError(f"{str(first_file.parent)!r} has scores of the same example twice.")
    every = [part.scores for part in parts.values()]
    ranks = None if first.scores.multi_label else np.concatenate([_ranks(one) for one in every])
    together = Scores(
        tuple(path for scores in every for path in scores.paths),
        first.scores.class_names,
        np.concatenate([scores.targets for scores in every]),
        np.concatenate([scores.probabilities for scores in every]),
        ranks,
    )
    return together.rows(np.argsort(positions))


def _how(part: Part) -> dict[str, Any]:
    return {"class_names": [*part.scores.class_names], **part.settings}


def _ranks(scores: Scores) -> np.ndarray:
    return np.zeros((len(scores), 0), "int32") if scores.ranks is None else scores.ranks
