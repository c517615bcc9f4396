"""Batch norms that can be folded into the layer before them.

At inference a batch norm is a scale and a shift of each channel. A convolution can apply both with
its kernel and bias.
"""

from __future__ import annotations

from collections import Counter

import keras
from keras import layers, ops

from ..layers.conv import Conv3D
from ..utils.compat import arguments_of_calls, graph_calls, layer_of

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D, Conv3D)


def only_sources(model: keras.Model) -> dict[str, keras.Layer]:
    """Maps the name of a layer to the layer before it, if only this layer reads its output.

    Layers that are called more than once in the model are left out.
    """
    calls = graph_calls(model)
    num_calls = Counter(call.operation.name for call in calls)
    inputs = [tensor for call in calls for tensor in call.input_tensors]
    num_readers = Counter(id(tensor) for tensor in [*inputs, *model.outputs])
    sources = {}
    for call in calls:
        if len(call.input_tensors) == 1:
            (tensor,) = call.input_tensors
            name, source = call.operation.name, layer_of(tensor)
            if num_calls[name] == num_calls[source.name] == num_readers[id(tensor)] == 1:
                sources[name] = source
    return sources


def is_fixed(layer: keras.Layer) -> bool:
    """Whether no call in a model passes `training=True` to the layer."""
    calls = arguments_of_calls(layer)
    return not any(True in (*call.args[1:], call.kwargs.get("training")) for call in calls)


def foldable_norms(model: keras.Model, sources: dict[str, keras.Layer]) -> dict[str, str]:
    """Maps the name of a convolution to the batch norm that can be folded into it.

    Args:
        model: A functional model.
        sources: As returned by `only_sources`.
    """
    norms = {}
    for norm in model.layers:
        source = sources.get(norm.name)
        if source is not None and _can_absorb(source) and norm_of_channels(norm):
            norms[source.name] = norm.name
    return norms


def norm_of_channels(layer: keras.Layer) -> bool:
    """Whether the layer is a batch norm that scales and shifts the last axis by constants."""
    return (
        isinstance(layer, layers.BatchNormalization)
        and is_fixed(layer)
        and layer.axis in (-1, layer.input_spec.ndim - 1)
    )


def _can_absorb(layer):
    """Whether scaling the channels of the output is the same as scaling the kernel."""
    return (
        type(layer) in CONVOLUTIONS
        and layer.data_format == "channels_last"
        and layer.activation is keras.activations.linear
    )


def folded_into(layer: keras.Layer, norm: layers.BatchNormalization) -> list:
    """Returns kernel and bias of a convolution or dense layer with `norm` folded into them."""
    scale = ops.rsqrt(norm.moving_variance + norm.epsilon)
    scale = scale * norm.gamma if norm.scale else scale
    bias = (layer.bias if layer.use_bias else 0) - norm.moving_mean
    bias = bias * scale + (norm.beta if norm.center else 0)
    return [ops.convert_to_numpy(layer.kernel * scale), ops.convert_to_numpy(bias)]
