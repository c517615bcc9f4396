"""The shapes that flow through a functional model for a given input."""

from __future__ import annotations

from collections.abc import Iterator

import keras

from ..utils.compat import graph_calls


def layer_shapes(
    model: keras.Model, input_shape: tuple[int, ...]
) -> Iterator[tuple[keras.layers.Layer, tuple[int, ...], tuple[int, ...]]]:
    """Each layer with its first input's and its output's shape, for one sample.

    Args:
        model: A functional model of one input; models inside it are walked too.
        input_shape: Without batch, such as `(32, 224, 224, 3)`; no dimension may be `None`.

    Raises:
        ValueError: A model that is not functional or has several inputs, or an input shape that
            does not fit.
    """
    _check(model, input_shape)
    graph = keras.Model(model.inputs, model.outputs)
    calls = [call for call in graph_calls(graph) if call.input_tensors]
    tensors = [tensor for call in calls for tensor in (call.input_tensors[0], call.outputs[0])]
    probe = keras.Model(model.inputs, tensors)
    specs = iter(probe.compute_output_spec(keras.KerasTensor((1, *input_shape))))
    for call in calls:
        entry, result = tuple(next(specs).shape[1:]), tuple(next(specs).shape[1:])
        if isinstance(call.operation, keras.Model):
            yield from layer_shapes(call.operation, entry)
        else:
            yield call.operation, entry, result


def _check(model, input_shape):
    if not hasattr(model, "inputs") or len(model.inputs or ()) != 1:
        raise ValueError(
            f"A built functional model with one input is expected. Received: {model!r}"
        )
    fixed = tuple(model.inputs[0].shape[1:])
    fits = len(fixed) == len(input_shape) and all(
        isinstance(size, int) and expected in (None, size)
        for expected, size in zip(fixed, input_shape, strict=False)
    )
    if not fits:
        raise ValueError(
            f"`input_shape` must fit the model's input {fixed}, with a number for every "
            f"dimension. Received: input_shape={input_shape}"
        )
