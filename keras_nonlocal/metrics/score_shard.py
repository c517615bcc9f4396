"""The file of scores that one process writes: the scores so far, and the settings behind them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.npz import read_arrays
from ..utils.schema import parse_json
from .scores import Scores, check_array

_SHOWN_ITEMS = 3  # of a list in which two settings differ


@dataclass(frozen=True, eq=False)
class ScoreShard:
    """The scores that one process has computed so far.

    Attributes:
        scores: Scores of the examples that were evaluated.
        positions: int64 `(examples,)`: the rows of these examples in the source.
        num_remaining: Number of examples that the process has still to evaluate.
        settings: Settings of the evaluation, as JSON.
    """

    scores: Scores
    positions: np.ndarray
    num_remaining: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


def write_shard(shard: ScoreShard, path: PathLike) -> None:
    """Writes a shard, and replaces an existing file in one step."""
    if not os.fspath(path).endswith(".npz"):
        raise ValueError(
            f"The name of a file of scores must end in .npz. Received: {os.fspath(path)!r}"
        )
    scores = shard.scores
    arrays: dict[str, Any] = {
        "paths": np.array(scores.paths, "str"),
        "class_names": np.array(scores.class_names, "str"),
        "targets": scores.targets,
        "probabilities": scores.probabilities,
        "positions": shard.positions,
        "num_remaining": np.array(shard.num_remaining),
        "settings": np.array(json.dumps(shard.settings)),
    }
    if scores.ranks is not None:
        arrays["ranks"] = scores.ranks
    with replacing(path) as partial:
        np.savez(partial, **arrays)


def read_shard(path: PathLike) -> ScoreShard:
    """Reads a shard, complete or not; nothing in the file is executed."""
    try:
        arrays = read_arrays(path)
        scores = Scores(
            tuple(arrays["paths"].tolist()),
            tuple(arrays["class_names"].tolist()),
            arrays["targets"],
            arrays["probabilities"],
            arrays.get("ranks"),
        )
        check_array("positions", arrays["positions"], "int64", (len(scores),))
        settings = parse_json(str(arrays["settings"]), "`settings`")
        return ScoreShard(scores, arrays["positions"], int(arrays["num_remaining"]), settings)
    except (ValueError, TypeError, KeyError) as error:
        reason = f"the array {error} is missing" if isinstance(error, KeyError) else error
        raise ValueError(
            f"{os.fspath(path)!r} is not a file of scores that `write_scores` wrote: {reason}"
        ) from error


def settings_differences(
    here: Mapping[str, Any], there: Mapping[str, Any], now: str = "now"
) -> list[str]:
    """Returns one line for each setting in which two evaluations differ, with both values.

    Example:

    >>> settings_differences({"crops": 10, "size": [32, 32]}, {"crops": 3, "size": [32, 40]})
    ['  crops: 3, now 10', '  size[1]: 40, now 32']
    """
    lines = []
    for name in {**there, **here}:
        old, new = there.get(name), here.get(name)
        if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            changed = [
                item for item, pair in enumerate(zip(old, new, strict=True)) if pair[0] != pair[1]
            ]
            lines += [
                f"  {name}[{i}]: {old[i]!r}, {now} {new[i]!r}" for i in changed[:_SHOWN_ITEMS]
            ]
        elif old != new:
            lines.append(f"  {name}: {old!r:.200}, {now} {new!r:.200}")
    return lines
