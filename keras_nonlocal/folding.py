"""Batch norms into the convolutions before them: the same answers, fewer passes over memory.

At inference a batch norm is a scale and a shift per channel, which a convolution can carry in
its kernel and bias. A folded model is for inference only.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from .layers import NonLocal1D, NonLocal2D, NonLocal3D

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D)
NON_LOCAL = (NonLocal1D, NonLocal2D, NonLocal3D)


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """A copy of a functional model without batch norms, for inference: same outputs, faster.

    Folded are batch norms that alone follow a convolution, and those inside non-local blocks.
    All others stay. Outputs differ by rounding only.

    Args:
        model: A functional model. It is not changed.

    Returns:
        A new model of the same inputs and outputs.

    Raises:
        ValueError: `model` is not a built functional model.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_r50()
    >>> fast = keras_nonlocal.fold_batch_norm(model)
    """
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ValueError(f"A built functional model is expected. Received: {model!r}")
    norms = _norm_after(model)
    folded = set(norms.values())

    def clone(layer):
        config = layer.get_config()
        if layer.name in norms:
            config["use_bias"] = True
        elif isinstance(layer, NON_LOCAL) and layer.norm_type == "batch":
            config.update(norm=None, out_bias=True)
        return type(layer).from_config(config)

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in folded else layer(*args, **kwargs)

    copy = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for layer in model.layers:
        if layer.name in folded or not layer.weights:
            continue
        target = copy.get_layer(layer.name)
        if layer.name in norms:
            target.set_weights(folded_into(layer, model.get_layer(norms[layer.name])))
        elif isinstance(layer, NON_LOCAL) and layer.norm_type == "batch":
            _fold_block(layer, target)
        else:
            target.set_weights(layer.get_weights())
    return copy


def _norm_after(model):
    """The batch norm that is the only reader of a convolution's output, by convolution."""
    norms = {}
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            source = layer.input._keras_history.operation
            if isinstance(source, CONVOLUTIONS) and len(source._outbound_nodes) == 1:
                norms[source.name] = layer.name
    return norms


def folded_into(layer, norm):
    """Kernel and bias of a convolution or dense layer that also does what `norm` does."""
    scale = ops.rsqrt(norm.moving_variance + norm.epsilon)
    scale = scale * norm.gamma if norm.scale else scale
    bias = (layer.bias if layer.use_bias else 0) - norm.moving_mean
    bias = bias * scale + (norm.beta if norm.center else 0)
    return [ops.convert_to_numpy(layer.kernel * scale), ops.convert_to_numpy(bias)]


def _fold_block(block, target):
    weights = {weight.path.split("/", 1)[1]: weight for weight in block.weights}
    weights["out/kernel"], weights["out/bias"] = folded_into(block.out, block.norm)
    for weight in target.weights:
        weight.assign(weights[weight.path.split("/", 1)[1]])
