"""Non-local blocks after any layers of a functional model, and out again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

import keras

from .. import layers
from ..layers.base_block import BaseBlock
from ..utils.checks import one_of
from ..utils.compat import parts_of
from ..utils.roles import NON_LOCAL_SUFFIX
from .rebuild import as_functional, is_functional, nested_layers, rebuilt

# The layer of each kind by the rank of the grid; criss-cross attention needs rows and columns.
KINDS = {
    "non_local": (layers.NonLocal1D, layers.NonLocal2D, layers.NonLocal3D),
    "global_context": (layers.GlobalContext1D, layers.GlobalContext2D, layers.GlobalContext3D),
    "disentangled": (
        layers.DisentangledNonLocal1D,
        layers.DisentangledNonLocal2D,
        layers.DisentangledNonLocal3D,
    ),
    "criss_cross": (None, layers.CrissCross2D, layers.CrissCross3D),
}
_MAPS = ("(B, L, C)", "(B, H, W, C)", "(B, T, H, W, C)")
_POLICIES = {"bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


def insert_nonlocal(
    model: keras.Model, after: str | Sequence[str], *, kind: str = "non_local", **block
) -> keras.Model:
    """Inserts a non-local block after each of the chosen layers of a model.

    New blocks are the identity, so the new model returns what the old one does, bit for bit, until
    it is trained. It has the same layer objects, and so the same weights: training one model
    changes both. For an independent copy, load a saved file of the model first.

    A layer that is called several times gets one block, which is called as often. The block has
    the precision of the output that it follows. Frozen layers stay frozen, and blocks can be
    trained, so in a frozen model the blocks alone learn. The new model is not compiled. A block
    after an output layer is the new output layer, so its name is that of the output.

    `layer.output` of a shared layer belongs to the old model. To take features from within the new
    one, save and load it.

    Args:
        model: A functional or sequential model: of `keras.applications`, KerasHub or KerasCV, or
            your own. It is not changed.
        after: Names of layers, or patterns such as `"conv3_block[24]_out"` or `"*_add"`. A layer of
            a model within the model is `"outer/inner"`.
        kind: `"non_local"`, or a relative: `"global_context"`, `"disentangled"` or
            `"criss_cross"`.
        **block: Arguments of the layer, such as `inner_channels` or `pool_size`. Sequences get
            `NonLocal1D`, images `NonLocal2D`, and clips `NonLocal3D`.

    Returns:
        A functional model. The block after a layer has the name of the layer with `_nonlocal`. A
        class with a constructor of its own, such as one of KerasHub, becomes a `keras.Model`.

    Raises:
        ValueError: The model is not functional or has channels first, no layer has such a name, a
            layer has no feature map as its output, or a block is there already.

    Example:

    >>> resnet = keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3))
    >>> model = insert_nonlocal(resnet, "conv3_block[24]_out")
    >>> [layer.name for layer in model.layers if layer.name.endswith("_nonlocal")]
    ['conv3_block2_out_nonlocal', 'conv3_block4_out_nonlocal']
    """
    one_of("kind", kind, KINDS)
    model = as_functional(model)
    names = [name for name, _ in nested_layers(model)]
    chosen = _chosen(names, _patterns("after", after))
    _refuse_channels_first(model)
    for name in chosen:
        if f"{name}{NON_LOCAL_SUFFIX}" in names:
            raise ValueError(
                f"There is a block after {name!r} already: {name}{NON_LOCAL_SUFFIX}. Choose other "
                "layers, or take it out with `remove_nonlocal`."
            )
    blocks: dict[str, keras.Layer] = {}

    def follow(name: str, layer, *args, **kwargs):
        output = layer(*args, **kwargs)
        if name not in blocks:
            blocks[name] = _new_block(name, output, kind, block)
        return blocks[name](output)

    return _edited(model, chosen, follow)


def remove_nonlocal(model: keras.Model, names: str | Sequence[str] = "*") -> keras.Model:
    """Takes non-local blocks and their relatives out of a model.

    Args:
        model: A functional or sequential model. It is not changed.
        names: Names or patterns of the blocks, as in `insert_nonlocal`; all of them by default.

    Returns:
        A functional model of the other layers, which are the same objects.

    Raises:
        ValueError: The model is not functional, or it has no such block.

    Example:

    >>> model = remove_nonlocal(keras_nonlocal.models.nl_i3d_small(classes=10))
    >>> any("nonlocal" in layer.name for layer in model.layers)
    False
    """
    model = as_functional(model)
    blocks = [name for name, layer in nested_layers(model) if isinstance(layer, BaseBlock)]
    if not blocks:
        raise ValueError(f"The model {model.name!r} has no non-local block that could be taken out")
    chosen = _chosen(blocks, _patterns("names", names))
    return _edited(model, chosen, lambda name, layer, x, *args, **kwargs: x)


def _patterns(argument: str, names: str | Sequence[str]) -> list[str]:
    found = [names] if isinstance(names, str) else names
    are_names = isinstance(found, list | tuple | set) and all(isinstance(n, str) for n in found)
    if not (are_names and found):
        raise ValueError(
            f"`{argument}` must be a name of a layer such as `layer.name`, a pattern, or a list of "
            f"them. Received: {names!r:.100}"
        )
    return list(found)


def _edited(model: keras.Model, names: set[str], change: Callable, prefix: str = "") -> keras.Model:
    """Runs the graph anew; calls of the named layers go to `change(name, layer, *arguments)`."""

    def replace(layer):
        inner = f"{prefix}{layer.name}/"
        if is_functional(layer) and any(name.startswith(inner) for name in names):
            return _edited(as_functional(layer), names, change, inner)
        return layer

    def call(layer, *args, **kwargs):
        name = f"{prefix}{layer.name}"
        return change(name, layer, *args, **kwargs) if name in names else layer(*args, **kwargs)

    return rebuilt(model, replace, call)


def _chosen(names: list[str], patterns: list[str]) -> set[str]:
    chosen = set()
    for pattern in patterns:
        found = [name for name in names if name == pattern or fnmatchcase(name, pattern)]
        if not found:
            near = get_close_matches(pattern, names, n=5, cutoff=0.3) or names[-5:]
            raise ValueError(
                f"No layer has the name or pattern {pattern!r}. The model has {len(names)} layers; "
                f"near are {', '.join(map(repr, near)) or 'none'}. Layers of a model within the "
                "model are 'outer/inner'."
            )
        chosen.update(found)
    return chosen


def _new_block(name: str, output, kind: str, options: dict) -> keras.Layer:
    if not isinstance(output, keras.KerasTensor):
        raise ValueError(f"A block needs one feature map. {name!r} returns {output!r}")
    shape, dtype = tuple(output.shape), keras.backend.standardize_dtype(output.dtype)
    layer = KINDS[kind][len(shape) - 3] if 3 <= len(shape) <= 5 else None
    if layer is None or "float" not in dtype:
        shapes = " or ".join(map_ for map_, each in zip(_MAPS, KINDS[kind], strict=True) if each)
        raise ValueError(
            f"A block of the kind {kind!r} can only follow a layer that returns a feature map of "
            f"floats, {shapes}. {name!r} returns {dtype} of shape {shape}"
        )
    own_name = f"{name.rsplit('/', 1)[-1]}{NON_LOCAL_SUFFIX}"
    return layer(**{"dtype": _POLICIES.get(dtype, dtype), "name": own_name, **options})


def _refuse_channels_first(model: keras.Model) -> None:
    for layer in parts_of(model):
        if getattr(layer, "data_format", None) == "channels_first":
            raise ValueError(
                f"The model must have channels last. {layer.name!r} has "
                "data_format='channels_first'"
            )
