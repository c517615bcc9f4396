"""Batch norms into the convolutions before them: the same answers, fewer passes over memory.

At inference a batch norm is a scale and a shift per channel, which a convolution can carry in
its kernel and bias. A folded model is for inference only.
"""

from __future__ import annotations

from collections import Counter

import keras
from keras import layers, ops

from .layers import Conv3D, NonLocal1D, NonLocal2D, NonLocal3D

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.Conv3D, Conv3D)
NON_LOCAL = (NonLocal1D, NonLocal2D, NonLocal3D)


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """A copy of a functional model without batch norms, for inference: same outputs, faster.

    Folded are batch norms that alone follow a convolution, and those inside non-local blocks, in
    the model and in models that are layers of it. All others stay, as do those that a call tells
    to train. Outputs differ by rounding only.

    Args:
        model: A functional or sequential model. It is not changed.

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
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    norms = _norm_after(model)
    folded = set(norms.values())

    def clone(layer):
        if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
            return fold_batch_norm(layer) if _is_fixed(layer) else _copied(layer)
        config = layer.get_config()
        if layer.name in norms:
            config["use_bias"] = True
        elif _ends_with_norm(layer):
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
        elif _ends_with_norm(layer):
            _fold_block(layer, target)
        elif not isinstance(target, keras.Model):  # which has its weights
            target.set_weights(layer.get_weights())
    return copy


def _copied(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _norm_after(model):
    """The batch norm that is the only reader of a convolution's output, by convolution."""
    calls = [node for nodes in model._nodes_by_depth.values() for node in nodes]
    uses = Counter(node.operation.name for node in calls)
    read = [tensor for node in calls for tensor in node.input_tensors]
    readers = Counter(id(tensor) for tensor in [*read, *model.outputs])
    norms = {}
    for node in calls:
        norm = node.operation
        if not isinstance(norm, layers.BatchNormalization) or not _is_fixed(norm):
            continue
        entry, *mask = node.input_tensors
        source = entry._keras_history.operation
        alone = uses[norm.name] == uses[source.name] == readers[id(entry)] == 1 and not mask
        if alone and _takes_scale(source) and norm.axis in (-1, len(entry.shape) - 1):
            norms[source.name] = norm.name
    return norms


def _takes_scale(layer):
    """Whether what scales its channels, which are last, may as well scale its kernel."""
    return (
        type(layer) in CONVOLUTIONS
        and layer.data_format == "channels_last"
        and layer.activation is keras.activations.linear
    )


def _ends_with_norm(layer):
    return isinstance(layer, NON_LOCAL) and layer.norm_type == "batch" and _is_fixed(layer)


def _is_fixed(layer):
    """Whether no call in a model says `training=True`, whatever the model is called with."""
    calls = [node.arguments for node in layer._inbound_nodes]
    return not any(True in (*call.args[1:], call.kwargs.get("training")) for call in calls)


def folded_into(layer, norm):
    """Kernel and bias of a convolution or dense layer that also does what `norm` does."""
    scale = ops.rsqrt(norm.moving_variance + norm.epsilon)
    scale = scale * norm.gamma if norm.scale else scale
    bias = (layer.bias if layer.use_bias else 0) - norm.moving_mean
    bias = bias * scale + (norm.beta if norm.center else 0)
    return [ops.convert_to_numpy(layer.kernel * scale), ops.convert_to_numpy(bias)]


def _fold_block(block, target):
    for name in {"theta", "phi", "g"} & vars(block).keys():
        getattr(target, name).set_weights(getattr(block, name).get_weights())
    if block.instantiation == "concatenation":
        target.w_f.assign(block.w_f)
    target.out.set_weights(folded_into(block.out, block.norm))
