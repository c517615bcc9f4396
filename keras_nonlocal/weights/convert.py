"""Converts checkpoints of other code bases to this package's models: every tensor, or none.

Kernels of other code bases have the shape `(out, in, T, H, W)`; here it is `(T, H, W, in, out)`.
What a checkpoint computes also depends on the code that it was trained with. So the model has to
be built with the `variant` of that code base.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from ..utils.checks import one_of
from ..utils.roles import head_of
from .assign import assign, named_weights
from .conversion_report import NONE, ConversionReport, TensorRow
from .inflate import inflate
from .name_maps.name_map import NameMap
from .name_maps.readings import best_reading, readings
from .name_maps.tables import SOURCES

Variables = Mapping[str, keras.Variable]


class Tensor(NamedTuple):
    """A converted array, and its row in the report."""

    array: np.ndarray
    row: TensorRow


def convert(checkpoint: Mapping[str, Any], model: keras.Model, source: str) -> ConversionReport:
    """Loads the checkpoint of another code base into a model.

    The checkpoint of an image network (`"torchvision"`) is inflated over time. Non-local blocks and
    the classifier then keep their weights. What wrappers add to all names, such as `module.` and
    `_orig_mod.`, is left out if the names fit without it, and the report says so.

    Args:
        checkpoint: The entries by name: arrays, and what else such files hold.
        model: The network of the checkpoint, built with the `variant` of its code base.
        source: The code base, a key of `keras_nonlocal.weights.SOURCES`.

    Returns:
        What was done with every entry. `print` shows it as a table.

    Raises:
        ValueError: The source is unknown, an entry is missing, left over, of another shape or not
            an array, or two names of one tensor have different values. Then the model did not
            change.

    Example:
        >>> model = keras_nonlocal.models.i3d_small()
        >>> keras_nonlocal.weights.convert({"conv9_w": np.zeros((8, 3, 5, 7, 7))}, model, "caffe2")
        Traceback (most recent call last):
            ...
        ValueError: The caffe2 checkpoint does not fit the model 'i3d_small'. ...
    """
    names = SOURCES[one_of("source", source, SOURCES)]
    variables = named_weights(model)
    targets = {name: variables[name] for name in variables if names.provides(name)}
    reading = best_reading(checkpoint, names.knows)
    source_names = _source_names(names, reading.names, targets)
    tensors = {
        target: _converted(source_name, checkpoint[source_name], target, targets, names)
        for target, source_name in source_names.items()
    }
    if names.folds_norms and not any("moving" in target for target in source_names):
        tensors |= _moving_statistics(model, targets, tensors)
    others = sorted(checkpoint.keys() - source_names.values())
    ignored = {
        name: _ignored_row(name, reading.names[name], names, checkpoint, source_names)
        for name in others
    }
    arrays = {target: tensor.array for target, tensor in tensors.items()}
    left_over = [name for name, row in ignored.items() if row is None]
    try:
        assign(targets, arrays | dict.fromkeys(left_over, np.empty(0)))
    except ValueError as error:
        raise ValueError(
            f"The {source} checkpoint does not fit the model {model.name!r}. Compare the builder, "
            f"`variant`, `blocks`, `instantiation` and the number of classes.\n{error}"
        ) from error
    rows = [
        tensors[target].row if target in tensors else _kept_row(target, variables)
        for target in variables
    ]
    rows += filter(None, ignored.values())
    return ConversionReport(source, model.name, tuple(rows), reading.left_out)


def find_source(names: Iterable[str]) -> str:
    """Finds the code base of a checkpoint by the names of its entries.

    Args:
        names: The names of all entries. What wrappers add to all of them is left out.

    Returns:
        A key of `keras_nonlocal.weights.SOURCES`.

    Raises:
        ValueError: No code base has all of these names, or several have.

    Example:
        >>> keras_nonlocal.weights.find_source(["pred_w", "pred_b", "model_iter"])
        'caffe2'
    """
    tried = []
    for reading in readings(names):
        unknown = {source: reading.unknown(name_map.knows) for source, name_map in SOURCES.items()}
        fitting = [source for source in SOURCES if not unknown[source]]
        if len(fitting) == 1:
            return fitting[0]
        tried += [(len(unknown[source]), source, unknown[source], reading) for source in SOURCES]
    count, nearest, some, reading = min(tried, key=lambda each: each[0])
    raise ValueError(
        f"The names must be from one of {', '.join(SOURCES)}. Received: {len(reading.names)} "
        f"names{reading}, of which {nearest} does not know {count}: {some[:5]}"
    )


def _source_names(names: NameMap, plain: Mapping[str, str], targets: Variables) -> dict[str, str]:
    """Returns the names in the checkpoint by the names in the model."""
    source_names: dict[str, str] = {}
    for source_name, name in plain.items():
        target = names.target_name(name)
        if target is None or target not in targets:
            continue
        if target in source_names:
            raise ValueError(
                f"The checkpoint has two entries for {target}: {source_names[target]} and "
                f"{source_name}. Remove one of them; nothing was loaded."
            )
        source_names[target] = source_name
    return source_names


def _converted(source_name: str, value: Any, target: str, targets: Variables, names: NameMap):
    """Returns the tensor with its axes in the order of this package."""
    shape = tuple(targets[target].shape)
    try:
        array = original = np.asarray(value).astype("float32", casting="same_kind")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{source_name} must be an array of numbers. Received: {type(value).__name__} ({error})"
        ) from error
    action = "unchanged"
    if target in names.rearranged:
        rearrangement = names.rearranged[target]
        array, action = rearrangement.run(array), rearrangement.words
    if array.ndim > 1:
        moved = "axes moved" if action == "unchanged" else f"{action}, axes moved"
        array, action = np.moveaxis(array, (0, 1), (-1, -2)), moved
    if array.ndim == 4 and len(shape) == 5:
        frames = shape[0] if names.two_dimensional else 1
        array, action = inflate(array, frames), f"axes moved, inflated to {frames} in time"
    ones = array.ndim - len(shape)
    if ones > 0 and set(array.shape[:ones]) == {1}:  # a 1x1 kernel to a matrix, a norm to a vector
        array, action = array.reshape(array.shape[ones:]), "axes of size one dropped"
    return Tensor(array, TensorRow(source_name, original.shape, target, shape, action))


def _moving_statistics(model, targets: Variables, tensors: Mapping[str, Tensor]):
    """Returns the statistics with which a norm computes `gamma x + beta`."""
    statistics = {}
    for target, variable in targets.items():
        layer, _, last = target.rpartition("/")
        if layer.endswith("_norm") and "moving" in last and f"{layer}/gamma" in tensors:
            value = 0.0 if last == "moving_mean" else 1.0 - model.get_layer(layer).epsilon
            array = np.full(variable.shape, value, "float32")
            row = TensorRow(NONE, (), target, array.shape, f"set to {value:g}: a fixed norm")
            statistics[target] = Tensor(array, row)
    return statistics


def _ignored_row(
    name: str, plain: str, names: NameMap, checkpoint: Mapping[str, Any], source_names
):
    """Returns the row of an entry that may be ignored, or `None` if it may not."""
    shape = getattr(checkpoint[name], "shape", ())
    head = head_of(names.target_name(plain) or "")
    if names.ignores(plain) or (head and head not in map(head_of, source_names)):
        return TensorRow(name, shape, NONE, (), "ignored: not a weight of this network")
    first = source_names.get(names.target_name_of_duplicate(plain))
    if first is None:
        return None
    if not np.array_equal(checkpoint[name], checkpoint[first]):
        raise ValueError(
            f"{name} must have the values of {first}: both are names of one tensor of the network. "
            "Received: different values; nothing was loaded."
        )
    return TensorRow(name, shape, NONE, (), f"ignored: the same as {first}")


def _kept_row(target: str, variables: Variables) -> TensorRow:
    action = "kept: not in an image network"
    return TensorRow(NONE, (), target, tuple(variables[target].shape), action)
