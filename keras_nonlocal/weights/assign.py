"""Assigns arrays to the variables of a model by name: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from ..utils.errors import NotFiniteError

BFLOAT16_BYTES = np.dtype("V2")  # as HDF5 files of Keras hold them
MAX_LISTED_NAMES = 50  # per side, in an error message
_SHOWN_NAMES = 3
_ADVICE = "Use the weights of a training run that did not diverge."


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """Returns the weights of a model by path, such as `res3_1_nonlocal/theta/kernel`.

    The states of random generators are not weights.
    """
    return {
        variable.path: variable
        for variable in model.weights
        if "seed_generator" not in variable.path
    }


def assign(
    targets: Mapping[str, keras.Variable],
    arrays: Mapping[str, np.ndarray],
    *,
    owner: str = "The weights",
    advice: str = _ADVICE,
) -> None:
    """Sets every variable to the array of its name, after all of them were checked and read.

    Raises:
        ValueError: The names, shapes or kinds of numbers differ, or a value is not finite. Then no
            variable was changed.
    """
    missing, extra = sorted(targets.keys() - arrays.keys()), sorted(arrays.keys() - targets.keys())
    if missing or extra:
        raise ValueError(
            "The weights do not fit the model; nothing was loaded.\n"
            f"  only in the model:   {_listed(missing)}\n  only in the weights: {_listed(extra)}"
        )
    wrong = [_difference(name, targets[name], arrays[name]) for name in targets]
    if any(wrong):
        raise ValueError(
            "The weights do not fit the model; nothing was loaded.\n  "
            + "\n  ".join(filter(None, wrong))
        )
    # Reading a file may fail.
    values = {name: _as_stored(arrays[name], targets[name]) for name in targets}
    check_finite(values, owner, advice)
    for name, variable in targets.items():
        variable.assign(values[name])


def _difference(name: str, variable: keras.Variable, array: np.ndarray) -> str | None:
    """Returns what differs, or `None` if a variable can hold the array."""
    if tuple(variable.shape) != np.shape(array):
        return f"{name}: expected {tuple(variable.shape)}, received {np.shape(array)}"
    received = array.dtype if hasattr(array, "dtype") else np.asarray(array).dtype
    floats = "float" in variable.dtype
    if received.kind in ("fiub" if floats else "iub"):
        return None
    if floats and received in ("bfloat16", BFLOAT16_BYTES):
        return None
    return f"{name}: expected numbers for {variable.dtype}, received the type {received}"


def check_weights(model: keras.Model) -> None:
    """Raises a `NotFiniteError` that names the weights of a model that are not finite numbers."""
    check_finite(named_weights(model), f"The weights of {model.name!r}")


def check_finite(arrays: Mapping[str, Any], owner: str, advice: str = _ADVICE) -> None:
    """Raises a `NotFiniteError` that names arrays that are not finite, and negative variances.

    The fast kernels of some layers turn NaN into zero, so the outputs would look plausible.
    """
    wrong = [name for name, array in arrays.items() if not _is_number(name, array)]
    if wrong:
        raise NotFiniteError(
            f"{owner} must be finite numbers. Received: NaN, infinite values or negative variances "
            f"in {len(wrong)} of {len(arrays)}, such as {wrong[:_SHOWN_NAMES]}. {advice}"
        )


def _is_number(name: str, array: Any) -> bool:
    values = keras.ops.convert_to_numpy(array)
    is_variance = name.endswith("moving_variance")
    return bool(np.isfinite(values).all() and not (is_variance and (values < 0).any()))


def _as_stored(array: Any, variable: keras.Variable) -> np.ndarray:
    """The values in the dtype of the variable, in which those that are too large are infinite."""
    values = np.asarray(array)
    values = values.view("bfloat16") if values.dtype == BFLOAT16_BYTES else values
    with np.errstate(over="ignore"):
        return values.astype(variable.dtype)


def _listed(names: list[str]) -> str:
    """Lists the names. Where very many differ, the first ones and their number are enough."""
    if len(names) <= MAX_LISTED_NAMES:
        return str(names)
    return f"{names[:MAX_LISTED_NAMES]} and others, {len(names)} in all"
