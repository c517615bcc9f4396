"""All that a training run needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.npz import read_arrays

_NOTES = "notes"


def save_checkpoint(path: PathLike, model: keras.Model, notes: Mapping[str, Any]) -> None:
    """Writes weights, statistics, seeds and the optimizer's state of a model, and some notes.

    The file takes the place of an older one only when it is complete and on disk.

    Args:
        path: Of the file.
        model: A compiled model.
        notes: Whatever else the run has to know, as JSON.

    Raises:
        OSError: The disk is full, or the like; an older file is still there, as it was.
    """
    arrays: dict[str, Any] = {
        name: keras.ops.convert_to_numpy(variable) for name, variable in _state(model).items()
    }
    with replacing(path) as partial, open(partial, "wb") as file:
        np.savez(file, **{**arrays, _NOTES: np.array(json.dumps(notes))})
        file.flush()
        os.fsync(file.fileno())


def restore_checkpoint(path: PathLike, model: keras.Model) -> dict[str, Any]:
    """Sets a model to what `save_checkpoint` wrote, all of it or nothing.

    Args:
        path: Of the file.
        model: The same network, compiled with the same optimizer; under any strategy.

    Returns:
        The notes.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, or of another network or optimizer.
    """
    state = _state(model)
    try:
        saved = read_arrays(path)
    except ValueError as error:
        raise ValueError(
            f"{path} is no checkpoint: {error}. Delete it to train anew, or put an intact one in "
            "its place."
        ) from error
    notes = json.loads(str(saved.pop(_NOTES, np.array("{}"))))
    expected = {name: tuple(variable.shape) for name, variable in state.items()}
    found = {name: array.shape for name, array in saved.items()}
    if expected != found:
        differing = sorted(set(expected.items()) ^ set(found.items()))
        raise ValueError(
            f"{path} is not a checkpoint of this network and optimizer. Continue with the recipe "
            f"it was made by, or in another folder. They differ in: {differing[:6]}"
        )
    for name, variable in state.items():
        variable.assign(saved[name])
    return notes


def _state(model: keras.Model) -> dict[str, keras.Variable]:
    """All variables by their place, and their name as far as Keras does not number it."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    weights = {id(variable) for variable in model.weights}
    state = {}
    for place, each in enumerate([*model.variables, *model.optimizer.variables]):
        state[f"{place:04}/{each.path if id(each) in weights else each.name}"] = each
    return state
