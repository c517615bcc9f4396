"""Folding of batch norms for inference."""

from __future__ import annotations

from typing import Any

import keras

from ..layers.non_local import NON_LOCAL_LAYERS
from ..utils.compat import layer_of
from ..weights.assign import check_weights
from .foldable_norms import foldable_norms, folded_into, is_fixed, only_sources
from .skip_unread_frames import strides_that_skip


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """Makes a model for inference, with its batch norms folded into the layers before them.

    The new model is faster, and its outputs differ only by rounding. A batch norm is folded if it
    is the only reader of a convolution, or if it is part of a non-local block. This includes
    models that are layers of the model. Other batch norms stay, and so do batch norms that are
    called with `training=True`. If a pooling layer skips frames, as in MMAction2's I3D, the
    convolution before it does not compute these frames.

    The new model shares with `model` all layers that do not change. So fold it again after more
    training, and save and load it where an independent copy is needed.

    Args:
        model: A functional or sequential model. It is not changed.

    Returns:
        A new model with the same inputs and outputs.

    Raises:
        ValueError: `model` is not a built functional model, or a weight is not finite.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_r50()
    >>> fast = keras_nonlocal.export.fold_batch_norm(model)
    """
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ValueError(f"A built functional model is expected. Received: {model!r}")
    check_weights(model)
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    sources = only_sources(model)
    norms, strides = foldable_norms(model, sources), strides_that_skip(model, sources)
    folded = set(norms.values())
    changed = {}

    def clone(layer):
        if isinstance(layer, keras.Model) and getattr(layer, "inputs", None) and is_fixed(layer):
            return fold_batch_norm(layer)
        changes: dict[str, Any] = {"strides": strides[layer.name]} if layer.name in strides else {}
        if layer.name in norms:
            changes |= {"use_bias": True}
        elif _ends_with_norm(layer):
            changes |= {"norm": None, "out_bias": True}
        if not changes:
            return layer  # its configuration may lack what it has learned
        changed[layer.name] = type(layer).from_config({**layer.get_config(), **changes})
        return changed[layer.name]

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in folded else layer(*args, **kwargs)

    inputs = keras.tree.map_structure(_new_input, model.input)
    new = keras.models.clone_model(
        model, input_tensors=inputs, clone_function=clone, call_function=call
    )
    for name, target in changed.items():
        layer = model.get_layer(name)
        if name in norms:
            target.set_weights(folded_into(layer, model.get_layer(norms[name])))
        elif _ends_with_norm(layer):
            _fold_block(layer, target)
        else:
            target.set_weights(layer.get_weights())
    return new


def _new_input(tensor):
    """An input with the name of its layer; Keras would take the name of the tensor."""
    layer = layer_of(tensor)
    kept = {"name": layer.name, "sparse": layer.sparse, "optional": layer.optional}
    return keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, **kept)


def _ends_with_norm(layer):
    return isinstance(layer, NON_LOCAL_LAYERS) and layer.norm_type == "batch" and is_fixed(layer)


def _fold_block(block, target):
    for name in ("theta", "phi", "g"):
        if hasattr(block, name):
            getattr(target, name).set_weights(getattr(block, name).get_weights())
    if block.instantiation == "concatenation":
        target.w_f.assign(block.w_f)
    target.out.set_weights(folded_into(block.out, block.norm))
