"""A copy of a network for inference: the same answers, fewer passes over memory."""

from __future__ import annotations

from typing import Any

import keras

from ..layers.non_local import NON_LOCAL_LAYERS
from ..utils.compat import kernel_source_of
from .foldable_norms import foldable_norms, folded_into
from .single_readers import is_fixed, only_sources
from .skip_unread_frames import strides_that_skip


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """A functional model without batch norms, for inference: same outputs, faster.

    Folded are batch norms that alone follow a convolution, and those inside non-local blocks, in
    the model and in models that are layers of it. All others stay, as do those that a call tells
    to train. Where a pooling drops frames without reading them, as in MMAction2's I3D, the
    convolution before it does not compute them. Outputs differ by rounding only.

    The new model shares all layers that do not change with `model`. So fold it again after
    further training, and save the new model where an independent copy is needed.

    Args:
        model: A functional or sequential model. It is not changed.

    Returns:
        A new model of the same inputs and outputs.

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
            return layer  # a layer made anew from its configuration may lack what it has learned
        changed[layer.name] = type(layer).from_config({**layer.get_config(), **changes})
        return changed[layer.name]

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in folded else layer(*args, **kwargs)

    inputs = keras.tree.map_structure(_renewed, model.input)
    copy = keras.models.clone_model(
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
    return copy


def _renewed(tensor):
    """An input of the same name: Keras would name it after the tensor."""
    layer = kernel_source_of(tensor)
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
