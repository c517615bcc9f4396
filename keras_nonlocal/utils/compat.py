"""All uses of private attributes of Keras and TensorFlow, as nothing public offers the same.

They are in one module so that a new version of Keras or TensorFlow can break only this file.
"""

from __future__ import annotations

from typing import Any


def graph_calls(model: Any) -> list[Any]:
    """Returns every call of a layer in a functional model, in order from the input.

    Each call has `operation`, `input_tensors`, `outputs` and `arguments`. The public attributes do
    not show the second call of a layer.
    """
    by_depth = model._nodes_by_depth
    return [call for depth in sorted(by_depth, reverse=True) for call in by_depth[depth]]


def layer_of(tensor: Any) -> Any:
    """Returns the layer that a symbolic tensor is an output of."""
    return tensor._keras_history.operation


def parts_of(layer: Any) -> list[Any]:
    """Returns all layers within a layer or model, at any depth, also those of wrappers."""
    return list(layer._flatten_layers(include_self=False))


def call_of(model: Any, name: str) -> Any:
    """Returns the first call of a layer in this model, as in `graph_calls`.

    `layer.input` and `layer.output` are those of the first call of all. After surgery, that call is
    in another model, which shares the layer.
    """
    return next(call for call in graph_calls(model) if call.operation.name == name)


def output_of(model: Any, name: str) -> Any:
    """Returns the output of a layer in this model."""
    return call_of(model, name).outputs[0]


def arguments_of_calls(layer: Any) -> list[Any]:
    """Returns the `args` and `kwargs` of each call of a layer, in any model."""
    return [call.arguments for call in layer._inbound_nodes]


def adam_moments(optimizer: Any, variable: Any) -> tuple[Any, Any]:
    """Returns the mean and the mean square of a variable's gradients in Adam and AdamW."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def moving_averages(optimizer: Any) -> list[Any]:
    """Returns the averages of the weights that an optimizer keeps; none without `use_ema`."""
    return list(optimizer._model_variables_moving_average) if optimizer.use_ema else []


def take_down(iterator: Any) -> None:
    """Releases an iterator of a `tf.data.Dataset` now, even if other objects refer to it."""
    iterator._iterator_resource = None
