"""Assigns arrays to the variables of a model by name: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

MAX_LISTED_NAMES = 50  # per side, in an error message


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """Returns the weights of a model by path, such as `res3_1_nonlocal/theta/kernel`.

    The states of random generators are not weights.
    """
    return {
        variable.path: variable
        for variable in model.weights
        if "seed_generator" not in variable.path
    }


def assign(targets: Mapping[str, keras.Variable], arrays: Mapping[str, np.ndarray]) -> None:
    """Sets every variable to the array of its name, after all names and shapes were compared.

    Raises:
        ValueError: The names or shapes differ. Then no variable was changed.
    """
    missing, extra = sorted(targets.keys() - arrays.keys()), sorted(arrays.keys() - targets.keys())
    if missing or extra:
        raise ValueError(
            "The weights do not fit the model; nothing was loaded.\n"
            f"  only in the model:   {_listed(missing)}\n  only in the weights: {_listed(extra)}"
        )
    wrong_shapes = [
        f"{name}: expected {tuple(variable.shape)}, received {np.shape(arrays[name])}"
        for name, variable in targets.items()
        if tuple(variable.shape) != np.shape(arrays[name])
    ]
    if wrong_shapes:
        raise ValueError(
            "The weights do not fit the model; nothing was loaded.\n  " + "\n  ".join(wrong_shapes)
        )
    values = {name: np.asarray(arrays[name]) for name in targets}  # reading a file may fail
    for name, variable in targets.items():
        variable.assign(values[name])


def _listed(names: list[str]) -> str:
    """Lists the names. Where very many differ, the first ones and their number are enough."""
    if len(names) <= MAX_LISTED_NAMES:
        return str(names)
    return f"{names[:MAX_LISTED_NAMES]} and others, {len(names)} in all"
