"""The input and output shapes of all layers of a functional model."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from ..utils.compat import graph_calls


def layer_shapes(
    model: keras.Model, input_shape: tuple[int, ...]
) -> Iterator[tuple[keras.layers.Layer, tuple[int, ...], tuple[int, ...]]]:
    """Yields each layer with the shapes of its first input and its first output, for one sample.

    Args:
        model: A functional model with one input. Models inside it are entered.
        input_shape: Shape of one sample, such as `(32, 224, 224, 3)`, without unknown sizes.

    Raises:
        ValueError: The model is not functional or has several inputs, or the shape does not fit.
    """
    _check(model, input_shape)
    graph = keras.Model(model.inputs, model.outputs)
    calls = [call for call in graph_calls(graph) if call.input_tensors]
    tensors = [tensor for call in calls for tensor in (call.input_tensors[0], call.outputs[0])]
    probe = keras.Model(model.inputs, tensors)
    specs = iter(probe.compute_output_spec(keras.KerasTensor((1, *input_shape))))
    for call in calls:
        in_shape, out_shape = tuple(next(specs).shape[1:]), tuple(next(specs).shape[1:])
        if isinstance(call.operation, keras.Model):
            yield from layer_shapes(call.operation, in_shape)
        else:
            yield call.operation, in_shape, out_shape


def _check(model, input_shape):
    if not hasattr(model, "inputs") or len(model.inputs or ()) != 1:
        raise ValueError(
            f"A built functional model with one input is expected. Received: {model!r}"
        )
    expected_shape = tuple(model.inputs[0].shape[1:])
    fits = len(expected_shape) == len(input_shape) and all(
        isinstance(size, int) and expected in (None, size)
        for expected, size in zip(expected_shape, input_shape, strict=False)
    )
    if not fits:
        raise ValueError(
            f"`input_shape` must fit the input {expected_shape} of the model, with an integer for "
            f"each dimension. Received: input_shape={input_shape}"
        )
