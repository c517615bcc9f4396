"""Folding of batch norms for inference."""

from __future__ import annotations

import keras

from ..layers.non_local import NON_LOCAL_LAYERS
from .foldable_norms import foldable_norms, folded_into, is_fixed, only_sources
from .skip_unread_frames import strides_that_skip


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """Copies a model for inference with its batch norms folded into the layers before them.

    The copy is faster, and its outputs differ only by rounding. A batch norm is folded if it is the
    only reader of a convolution, or if it is part of a non-local block. This includes models that
    are layers of the model. Other batch norms stay, and so do batch norms that are called with
    `training=True`. If a pooling layer skips frames, as in MMAction2's I3D, the convolution before
    it does not compute these frames.

    Args:
        model: A functional or sequential model. It is not changed.

    Returns:
        A new model with the same inputs and outputs.

    Raises:
        ValueError: `model` is not a built functional model.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_r50()
    >>> fast = keras_nonlocal.export.fold_batch_norm(model)
    """
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ValueError(f"A built functional model is expected. Received: {model!r}")
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    sources = only_sources(model)
    norms, strides = foldable_norms(model, sources), strides_that_skip(model, sources)
    folded = set(norms.values())

    def clone(layer):
        if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
            return fold_batch_norm(layer) if is_fixed(layer) else _copy(layer)
        config = layer.get_config()
        if layer.name in strides:
            config["strides"] = strides[layer.name]
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
        elif not isinstance(target, keras.Model):  # an inner model already has its weights
            target.set_weights(layer.get_weights())
    return copy


def _copy(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _ends_with_norm(layer):
    return isinstance(layer, NON_LOCAL_LAYERS) and layer.norm_type == "batch" and is_fixed(layer)


def _fold_block(block, target):
    for name in ("theta", "phi", "g"):
        if hasattr(block, name):
            getattr(target, name).set_weights(getattr(block, name).get_weights())
    if block.instantiation == "concatenation":
        target.w_f.assign(block.w_f)
    target.out.set_weights(folded_into(block.out, block.norm))
