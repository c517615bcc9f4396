"""Folding of batch norms for inference."""

from __future__ import annotations

from typing import Any

import keras

from ..layers.base_non_local import BaseNonLocal, quantized_projections
from ..surgery.rebuild import as_functional, is_functional, rebuilt
from ..weights.assign import check_weights
from .foldable_norms import foldable_norms, folded_into, is_fixed, only_sources
from .skip_unread_frames import strides_that_skip


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """Makes a model for inference, with its batch norms folded into the layers before them.

    The new model is faster, and its outputs differ only by rounding. A batch norm is folded if it
    is the only reader of a convolution, or if it is part of a non-local block. This includes
    models that are layers of the model. Other batch norms stay, and so do batch norms that are
    called with `training=True`. If a pooling layer skips frames, as in MMAction2's I3D, the
    convolution before it does not compute these frames. LoRA weights become part of the kernels. A
    non-local block that was quantized keeps its batch norm, so fold before `quantize`.

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
    model = as_functional(model)
    check_weights(model)
    sources = only_sources(model)
    norms, strides = foldable_norms(model, sources), strides_that_skip(model, sources)
    folded = set(norms.values())
    changed = {}

    def clone(layer):
        if is_functional(layer) and is_fixed(layer):
            return fold_batch_norm(layer)
        changes: dict[str, Any] = {"strides": strides[layer.name]} if layer.name in strides else {}
        if layer.name in norms:
            changes |= {"use_bias": True}
        elif _ends_with_norm(layer):
            changes |= {"norm": None, "out_bias": True}
        if not changes:
            return layer  # its configuration may lack what it has learned
        config = {**layer.get_config(), **changes}
        config.pop("lora_rank", None)
        changed[layer.name] = type(layer).from_config(config)
        return changed[layer.name]

    def call(layer, *args, **kwargs):
        return args[0] if layer.name in folded else layer(*args, **kwargs)

    new = rebuilt(model, clone, call)
    for name, target in changed.items():
        layer = model.get_layer(name)
        if name in norms:
            target.set_weights(folded_into(layer, model.get_layer(norms[name])))
        elif _ends_with_norm(layer):
            _fold_block(layer, target)
        else:
            target.set_weights(_kernel_and_bias(layer))
    return new


def _ends_with_norm(layer):
    is_block = isinstance(layer, BaseNonLocal) and layer.norm_type == "batch"
    return is_block and is_fixed(layer) and not quantized_projections(layer)


def _kernel_and_bias(layer):
    """The weights of a layer, with LoRA as part of the kernel. A pooling layer has none."""
    weights = [getattr(layer, name, None) for name in ("kernel", "bias")]
    return [keras.ops.convert_to_numpy(weight) for weight in weights if weight is not None]


def _fold_block(block, target):
    for name in ("theta", "phi", "g", "context"):
        if hasattr(block, name):
            getattr(target, name).set_weights(_kernel_and_bias(getattr(block, name)))
    if block.instantiation == "concatenation":
        target.w_f.assign(block.w_f)
    target.out.set_weights(folded_into(block.out, block.norm))
