"""Batch norms as part of the convolutions before them.

At inference a batch norm is a scale and a shift per channel, which a convolution can carry in
its kernel and bias.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from ..layers.conv import Conv3D
from .single_readers import is_fixed

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D, Conv3D)


def foldable_norms(model: keras.Model, sources: dict[str, keras.Layer]) -> dict[str, str]:
    """By convolution: the batch norm that alone reads its output."""
    norms = {}
    for norm in model.layers:
        source = sources.get(norm.name)
        if source is not None and _takes_scale(source) and norm_of_channels(norm):
            norms[source.name] = norm.name
    return norms


def norm_of_channels(layer: keras.Layer) -> bool:
    """Whether it scales and shifts channels that are last, by constants."""
    return (
        isinstance(layer, layers.BatchNormalization)
        and is_fixed(layer)
        and layer.axis in (-1, layer.input_spec.ndim - 1)
    )


def _takes_scale(layer):
    """Whether what scales its channels, which are last, may as well scale its kernel."""
    return (
        type(layer) in CONVOLUTIONS
        and layer.data_format == "channels_last"
        and layer.activation is keras.activations.linear
    )


def folded_into(layer: keras.Layer, norm: layers.BatchNormalization) -> list:
    """Kernel and bias of a convolution or dense layer that also does what `norm` does."""
    scale = ops.rsqrt(norm.moving_variance + norm.epsilon)
    scale = scale * norm.gamma if norm.scale else scale
    bias = (layer.bias if layer.use_bias else 0) - norm.moving_mean
    bias = bias * scale + (norm.beta if norm.center else 0)
    return [ops.convert_to_numpy(layer.kernel * scale), ops.convert_to_numpy(bias)]
