"""Arrays into variables by name: all or nothing, with both lists in the error."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

MOST_NAMES = 50  # of a side, in an error


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """The variables of a model by path, such as `res3_1_nonlocal/theta/kernel`."""
    return {variable.path: variable for variable in model.weights if _is_number(variable)}


def assign(targets: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    """Set every target to the array of its name, once all names and shapes fit.

    Raises:
        ValueError: A name on one side only, or arrays of another shape; nothing was set.
    """
    missing, extra = sorted(targets.keys() - arrays.keys()), sorted(arrays.keys() - targets.keys())
    if missing or extra:
        raise ValueError(
            "The weights do not fit the model; nothing was loaded.\n"
            f"  only in the model:   {_listed(missing)}\n  only in the weights: {_listed(extra)}"
        )
    wrong = [
        f"{name}: expected {tuple(variable.shape)}, received {np.shape(arrays[name])}"
        for name, variable in targets.items()
        if tuple(variable.shape) != np.shape(arrays[name])
    ]
    if wrong:
        raise ValueError(
            "The weights do not fit the model; nothing was loaded.\n  " + "\n  ".join(wrong)
        )
    read = {name: np.asarray(arrays[name]) for name in targets}  # a file may fail midway
    for name, variable in targets.items():
        variable.assign(read[name])


def _listed(names: list[str]) -> str:
    """All of a few names; of very many, which means another network, the first and their count."""
    if len(names) <= MOST_NAMES:
        return str(names)
    return f"{names[:MOST_NAMES]} and others, {len(names)} in all"


def _is_number(variable: keras.Variable) -> bool:
    """Whether it is a weight, and not the state of a random generator."""
    return "seed_generator" not in variable.path
