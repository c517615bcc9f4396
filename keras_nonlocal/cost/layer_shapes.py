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
        model: A functional model. Models inside it are entered. If it has several inputs, the sizes
            of all but the first must be known.
        input_shape: Shape of one sample of the first input, such as `(32, 224, 224, 3)`, without
            unknown sizes.

    Raises:
        ValueError: The model is not functional or has inputs of unknown sizes, or the shape does
            not fit.
    """
    _check(model, input_shape)
    graph = keras.Model(model.inputs, model.outputs)
    calls = [call for call in graph_calls(graph) if call.input_tensors]
    tensors = [tensor for call in calls for tensor in (call.input_tensors[0], call.outputs[0])]
    probe = keras.Model(model.inputs, tensors)
    others = [keras.KerasTensor((1, *each.shape[1:]), each.dtype) for each in model.inputs[1:]]
    first = keras.KerasTensor((1, *input_shape))
    specs = iter(probe.compute_output_spec([first, *others] if others else first))
    for call in calls:
        in_shape, out_shape = tuple(next(specs).shape[1:]), tuple(next(specs).shape[1:])
        if isinstance(call.operation, keras.Model):
            yield from layer_shapes(call.operation, in_shape)
        else:
            yield call.operation, in_shape, out_shape


def _check(model, input_shape):
    inputs = getattr(model, "inputs", None) or ()
    if not inputs or any(None in each.shape[1:] for each in inputs[1:]):
        raise ValueError(
            "A built functional model with one input is expected, or with further inputs of known "
            f"sizes. Received: {model!r}"
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
