"""The one file that touches what Keras and TensorFlow keep to themselves, and why it has to."""

from __future__ import annotations

from typing import Any


def graph_calls(model: Any) -> list[Any]:
    """Every call of a layer in the graph of a functional model, from its input on.

    Each has `operation`, `input_tensors`, `outputs` and `arguments`. Nothing public shows a
    layer's second call.
    """
    by_depth = model._nodes_by_depth
    return [call for depth in sorted(by_depth, reverse=True) for call in by_depth[depth]]


def layer_of(tensor: Any) -> Any:
    """The layer that a symbolic tensor comes out of."""
    return tensor._keras_history.operation


def arguments_of_calls(layer: Any) -> list[Any]:
    """The `args` and `kwargs` of each call of a layer, in whatever model it is called."""
    return [call.arguments for call in layer._inbound_nodes]


def adam_moments(optimizer: Any, variable: Any) -> tuple[Any, Any]:
    """The mean and the mean square of a variable's gradients in Keras's Adam and AdamW."""
    place = optimizer._get_variable_index(variable)
    return optimizer._momentums[place], optimizer._velocities[place]


def take_down(iterator: Any) -> None:
    """Ends an iterator of a `tf.data.Dataset` now, even while others hold it."""
    iterator._iterator_resource = None
