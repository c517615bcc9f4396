"""The shapes that flow through a functional model for a given input."""

from __future__ import annotations

from collections.abc import Iterator

import keras
from keras import tree

Shape = tuple[int, ...]


def layer_shapes(
    model: keras.Model, input_shape: tuple[int, ...]
) -> Iterator[tuple[keras.layers.Layer, Shape, Shape]]:
    """Each layer with its first input's and its output's shape, for one sample.

    Args:
        model: A functional model of one input; models inside it are walked too.
        input_shape: Without batch, such as `(32, 224, 224, 3)`; no dimension may be `None`.

    Raises:
        ValueError: A model that is not functional, has several inputs or calls a layer twice, or
            an input shape that does not fit.
    """
    _check(model, input_shape)
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    tensors = [(_first(layer.input), _first(layer.output)) for layer in layers]
    probe = keras.Model(model.inputs, [tensor for pair in tensors for tensor in pair])
    clip = keras.KerasTensor((1, *input_shape), model.inputs[0].dtype)
    specs = iter(probe.compute_output_spec(clip))
    for layer in layers:
        entry, result = tuple(next(specs).shape[1:]), tuple(next(specs).shape[1:])
        if isinstance(layer, keras.Model):
            yield from layer_shapes(layer, entry)
        else:
            yield layer, entry, result


def _first(tensors):
    return tree.flatten(tensors)[0]


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
