"""The file of scores that one process writes: those it has by now, and how they were made."""

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
from .scores import Scores, shaped

_FIELDS = {"paths", "class_names", "targets", "probabilities", "positions", "left", "settings"}
_SHOWN = 3  # items of a list in which two runs differ


@dataclass(frozen=True, eq=False)
class Part:
    """One file of scores: those that one process has by now.

    Attributes:
        scores: Of the examples done.
        positions: int64 `(examples,)`: their rows in the source.
        left: How many examples the process has still to do.
        settings: How they were made, as JSON has it.
    """

    scores: Scores
    positions: np.ndarray
    left: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


def write_part(part: Part, path: PathLike) -> None:
    """Replaces a file in one step."""
    if not os.fspath(path).endswith(".npz"):
        raise ValueError(f"The name of a file of scores must end in .npz. Received: {path!r}")
    scores = part.scores
    arrays: dict[str, Any] = {
        "paths": np.array(scores.paths, "str"),
        "class_names": np.array(scores.class_names, "str"),
        "targets": scores.targets,
        "probabilities": scores.probabilities,
        "positions": part.positions,
        "left": np.array(part.left),
        "settings": np.array(json.dumps(part.settings)),
    }
    if scores.ranks is not None:
        arrays["ranks"] = scores.ranks
    with replacing(path) as partial:
        np.savez(partial, **arrays)


def read_part(path: PathLike) -> Part:
    """Reads a file, complete or not; nothing in it is executed."""
    try:
        arrays = read_arrays(path)
        if missing := _FIELDS - arrays.keys():
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
        scores = Scores(
            tuple(arrays["paths"].tolist()),
            tuple(arrays["class_names"].tolist()),
            arrays["targets"],
            arrays["probabilities"],
            arrays.get("ranks"),
        )
        shaped("positions", arrays["positions"], "int64", (len(scores),))
        settings = json.loads(str(arrays["settings"]))
        return Part(scores, arrays["positions"], int(arrays["left"]), settings)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is no file of scores as `write_scores` makes it: {error}"
        ) from error


def settings_differences(
    here: Mapping[str, Any], there: Mapping[str, Any], now: str = "now"
) -> list[str]:
    """A line for each setting in which two runs differ, with both sides.

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
            lines += [f"  {name}[{i}]: {old[i]!r}, {now} {new[i]!r}" for i in changed[:_SHOWN]]
        elif old != new:
            lines.append(f"  {name}: {old!r:.200}, {now} {new!r:.200}")
    return lines
