"""Saves and restores the full training state in one npz file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..utils.atomic_files import replacing
from ..utils.checks import PathLike
from ..utils.errors import NotFiniteError
from ..utils.npz import read_arrays
from ..utils.schema import parse_json
from ..weights.assign import assign, check_finite

_METADATA = "metadata"
SMALLER_STEPS = "Try a lower `learning_rate`, a longer `warmup`, or `clip_norm`"


def save_checkpoint(path: PathLike, model: keras.Model, metadata: Mapping[str, Any]) -> None:
    """Writes the weights, statistics, seeds and optimizer state of a model to a file.

    The file replaces an older one only when it is complete and on disk.

    Args:
        path: Path of the file.
        model: A compiled model.
        metadata: Further values to save, as JSON.

    Raises:
        OSError: The file cannot be written, for example because the disk is full. An older file
            is unchanged.
        NotFiniteError: A part of the state is not finite. An older file is unchanged.
    """
    arrays: dict[str, Any] = finite_state(model)
    with replacing(path) as partial, open(partial, "wb") as file:
        np.savez(file, **{**arrays, _METADATA: np.array(json.dumps(metadata))})
        file.flush()
        os.fsync(file.fileno())


def finite_state(model: keras.Model) -> dict[str, np.ndarray]:
    """Returns the state that `save_checkpoint` saves, or raises a `NotFiniteError`."""
    arrays = {
        name: keras.ops.convert_to_numpy(variable) for name, variable in _state(model).items()
    }
    check_finite(arrays, "Weights and statistics", SMALLER_STEPS)
    return arrays


def read_notes(path: PathLike) -> dict[str, Any]:
    """Reads the metadata that `save_checkpoint` saved, before anything is restored.

    Args:
        path: Path of the file.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is damaged.
    """
    notes = _read(path, _METADATA).get(_METADATA, "{}")
    return parse_json(str(notes), f"The notes in {path}")


def restore_checkpoint(path: PathLike, model: keras.Model) -> dict[str, Any]:
    """Restores the state that `save_checkpoint` saved; the model changes completely or not at all.

    Args:
        path: Path of the file.
        model: The same network, compiled with the same optimizer; the strategy may differ.

    Returns:
        The metadata.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is damaged, or is the checkpoint of another network or optimizer.
    """
    metadata, saved, state = read_notes(path), _read(path), _state(model)
    saved.pop(_METADATA, None)
    try:
        owner, advice = f"The values in {path}", "Delete it to train from the start."
        assign(state, saved, owner=owner, advice=advice)
    except NotFiniteError:
        raise
    except ValueError as error:
        raise ValueError(
            f"{path} is the checkpoint of another network or optimizer. Use the recipe with which "
            f"it was saved, or another folder.\n{error}"
        ) from error
    return metadata


def _read(path: PathLike, *names: str) -> dict[str, Any]:
    try:
        return dict(read_arrays(path, *names))
    except ValueError as error:
        raise ValueError(
            f"{path} is not a checkpoint: {error}. Delete it to train from the start, or replace "
            "it by an intact copy."
        ) from error


def _state(model: keras.Model) -> dict[str, keras.Variable]:
    """All variables, by position and by the part of their name that Keras does not number."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    weights = {id(variable) for variable in model.weights}
    variables = [*model.variables, *model.optimizer.variables]
    return {
        f"{index:04}/{variable.path if id(variable) in weights else variable.name}": variable
        for index, variable in enumerate(variables)
    }
