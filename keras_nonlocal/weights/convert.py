"""Checkpoints of other code bases into this package's models: every tensor, or none.

Their kernels are `(out, in, T, H, W)`; here they are `(T, H, W, in, out)`. What a checkpoint
computes depends on the code it was trained with, too: build the model with its `variant`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from ..utils.checks import one_of
from .assign import assign, named_weights
from .conversion_report import NONE, ConversionReport, TensorRow
from .inflate import inflate
from .name_maps.name_map import NameMap, unknown_names
from .name_maps.sources import SOURCES

Variables = Mapping[str, keras.Variable]


class Tensor(NamedTuple):
    """An array as a model takes it, and what became of it."""

    array: np.ndarray
    row: TensorRow


def convert(checkpoint: Mapping[str, Any], model: keras.Model, source: str) -> ConversionReport:
    """Fill a model with the weights of another code base's checkpoint.

    An image network's checkpoint (`"torchvision"`) is inflated over time; non-local blocks and
    classifier keep their weights then.

    Args:
        checkpoint: Its entries by name: arrays, and what else such files hold.
        model: The network that the checkpoint is of, built with the `variant` of its code base.
        source: The code base, a key of `keras_nonlocal.weights.SOURCES`.

    Returns:
        What was done with every entry; `print` it.

    Raises:
        ValueError: An unknown source, an entry that is missing, left over, of another shape or
            no array, or two names of one tensor with different values; nothing was set.

    Example:

    >>> model = keras_nonlocal.models.i3d_small()
    >>> keras_nonlocal.weights.convert({"conv9_w": np.zeros((8, 3, 5, 7, 7))}, model, "caffe2")
    Traceback (most recent call last):
        ...
    ValueError: The caffe2 checkpoint does not fit the model 'i3d_small'. ...
    """
    names = SOURCES[one_of("source", source, SOURCES)]
    variables = named_weights(model)
    targets = {name: variables[name] for name in variables if names.gives(name)}
    found = _found(names, checkpoint, targets)
    tensors = {
        here: _laid_out(there, checkpoint[there], here, targets[here].shape, names)
        for here, there in found.items()
    }
    if names.folds_norms and not any("moving" in here for here in found):
        tensors |= _moving_statistics(model, targets, tensors)
    others = checkpoint.keys() - found.values()
    aside = {name: _aside(name, names, checkpoint, found) for name in sorted(others)}
    left_over = [name for name, row in aside.items() if row is None]
    _assign(targets, tensors, left_over, f"The {source} checkpoint", model.name)
    rows = [tensors[here].row if here in tensors else _kept(here, variables) for here in variables]
    return ConversionReport(source, model.name, (*rows, *(row for row in aside.values() if row)))


def find_source(names: Iterable[str]) -> str:
    """The code base whose checkpoint has entries of these names.

    Raises:
        ValueError: None of the known ones knows all the names, or several do.

    Example:

    >>> keras_nonlocal.weights.find_source(["pred_w", "pred_b", "model_iter"])
    'caffe2'
    """
    names = list(names)
    unknown = {source: unknown_names(SOURCES[source], names) for source in SOURCES}
    fitting = [source for source in SOURCES if not unknown[source]]
    if len(fitting) == 1:
        return fitting[0]
    nearest = min(unknown, key=lambda source: len(unknown[source]))
    raise ValueError(
        f"The names must be those of one of {', '.join(SOURCES)}. Received: {len(names)} names, "
        f"of which {nearest} does not know {len(unknown[nearest])}: {unknown[nearest][:5]}"
    )


def _found(names: NameMap, checkpoint: Iterable[str], targets: Variables) -> dict[str, str]:
    """Names here of the tensors that the model has, to their names there."""
    found: dict[str, str] = {}
    for there in checkpoint:
        here = names.name_here(there)
        if here is None or here not in targets:
            continue
        if here in found:
            raise ValueError(
                f"The checkpoint has two entries for {here}: {found[here]} and {there}. "
                "Leave one of them out; nothing was loaded."
            )
        found[here] = there
    return found


def _laid_out(there: str, value: Any, here: str, shape: tuple, names: NameMap) -> Tensor:
    """The tensor with its axes in this package's order, so far as that gives `shape`."""
    array = theirs = _numbers(there, value)
    done = "as it is"
    if array.ndim > 1:
        array, done = np.moveaxis(array, (0, 1), (-1, -2)), "axes moved"
    if array.ndim == 4 and len(shape) == 5:
        frames = shape[0] if names.two_dimensional else 1
        array, done = inflate(array, frames), f"axes moved, spread over {frames} in time"
    if array.shape[:-2] == (1, 1, 1) and len(shape) == 2:
        array, done = array[0, 0, 0], "1x1x1 kernel to a matrix"
    return Tensor(array, TensorRow(there, theirs.shape, here, tuple(shape), done))


def _numbers(there: str, value: Any) -> np.ndarray:
    try:
        return np.asarray(value, "float32")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{there} must be an array of numbers. Received: {type(value).__name__} ({error})"
        ) from error


def _moving_statistics(model, targets: Variables, tensors: Mapping[str, Tensor]):
    """Mean and variance that make a norm of gamma and beta alone: `gamma x + beta`."""
    filled = {}
    for here, variable in targets.items():
        layer, _, last = here.rpartition("/")
        if layer.endswith("_norm") and "moving" in last and f"{layer}/gamma" in tensors:
            level = 0.0 if last == "moving_mean" else 1.0 - model.get_layer(layer).epsilon
            array = np.full(variable.shape, level, "float32")
            row = TensorRow(NONE, (), here, array.shape, f"filled with {level:g}: a fixed norm")
            filled[here] = Tensor(array, row)
    return filled


def _aside(name: str, names: NameMap, checkpoint: Mapping[str, Any], found) -> TensorRow | None:
    """The row of an entry that may be left out; `None` if it may not."""
    shape = getattr(checkpoint[name], "shape", ())
    if names.ignores(name):
        return TensorRow(name, shape, NONE, (), "ignored: no weight of this network")
    first = found.get(names.first_name_here(name))
    if first is None:
        return None
    if not np.array_equal(checkpoint[name], checkpoint[first]):
        raise ValueError(
            f"{name} must hold what {first} holds: both name one tensor of the network. "
            "Received different values; nothing was loaded."
        )
    return TensorRow(name, shape, NONE, (), f"ignored: the same as {first}")


def _kept(here: str, variables: Variables) -> TensorRow:
    return TensorRow(NONE, (), here, tuple(variables[here].shape), "kept: not in an image network")


def _assign(targets: Variables, tensors: Mapping[str, Tensor], left_over, what, model) -> None:
    arrays = {here: tensor.array for here, tensor in tensors.items()}
    try:
        assign(targets, arrays | dict.fromkeys(left_over, np.empty(0)))
    except ValueError as error:
        raise ValueError(
            f"{what} does not fit the model {model!r}. Is it of that builder, `variant`, "
            f"`blocks`, `instantiation` and number of classes?\n{error}"
        ) from error
