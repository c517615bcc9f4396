"""C2D and I3D ResNets with non-local blocks, the feature networks of the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any, NamedTuple

import keras
from keras import layers

from ..layers.disentangled import DisentangledNonLocal3D
from ..layers.global_context import GlobalContext3D
from ..layers.non_local import NonLocal3D
from ..layers.pooling import MaxPool3D
from ..utils.roles import STAGES, non_local_name
from .backbone import Backbone, source_of
from .blocks import basic, bottleneck, conv_norm
from .placement import DEPTHS
from .variants import Variant

WIDTHS = {"res2": 1, "res3": 2, "res4": 4, "res5": 8}
BLOCKS = {18: basic, 50: bottleneck, 101: bottleneck}

# Kernel sizes of the first two convolutions of a block, given a kernel size in time.
KERNELS = {
    (None, bottleneck): lambda time: ((1, 1, 1), (1, 3, 3)),
    ("3x1x1", bottleneck): lambda time: ((time, 1, 1), (1, 3, 3)),
    ("3x3x3", bottleneck): lambda time: ((1, 1, 1), (time, 3, 3)),
    (None, basic): lambda time: ((1, 3, 3), (1, 3, 3)),
    ("3x1x1", basic): lambda time: ((time, 3, 3), (1, 3, 3)),
    ("3x3x3", basic): lambda time: ((time, 3, 3), (time, 3, 3)),
}


class BlockKind(NamedTuple):
    """A layer that may follow residual blocks, and which of the options of a network it takes."""

    layer: Callable[..., keras.layers.Layer]
    arguments: tuple[str, ...]


_SHARED = ("axes", "scale", "out_bias", "norm", "method")
BLOCK_KINDS = {
    "non_local": BlockKind(
        NonLocal3D,
        (*_SHARED, "instantiation", "pool_size", "pool_position", "temporal_groups"),
    ),
    "disentangled": BlockKind(DisentangledNonLocal3D, _SHARED),
    "global_context": BlockKind(GlobalContext3D, ()),
}
INFLATIONS = (None, "3x1x1", "3x3x3")


def video_resnet(
    inputs,
    *,
    depth: int,
    variant: Variant,
    inflation: str | None,
    placement: Mapping[str, tuple[int, ...]],
    non_local: Mapping[str, Any],
    kind: str = "non_local",
    width: int = 64,
    name: str,
) -> Backbone:
    """Builds the feature network: clips `(B, T, H, W, 3)` to `(B, T', H / 32, W / 32, C)`.

    Args:
        inputs: The symbolic clips.
        depth: 18, 50 or 101.
        variant: A row of `VARIANTS`.
        inflation: `None` for C2D; `"3x1x1"` or `"3x3x3"` for I3D.
        placement: Indices of the residual blocks that a non-local block follows, by stage.
        non_local: Arguments of the blocks that override the arguments of the variant. Blocks of
            another kind take those that they have.
        kind: A key of `BLOCK_KINDS`.
        width: Number of channels of conv1.
        name: Name of the model.

    Returns:
        A `Backbone`.
    """
    x = _stem(inputs, width, 5 if inflation else 1, variant)
    for stage, blocks in zip(STAGES, DEPTHS[depth], strict=True):
        kernels = cycle(variant.inflation[stage] if inflation else (1,))
        options = {**variant.non_local, **non_local}
        if stage in variant.groups and "time" in options.get("axes", "spacetime"):
            options["temporal_groups"] = variant.groups[stage]
        for index, time in zip(range(blocks), kernels, strict=False):
            x = BLOCKS[depth](
                x,
                width * WIDTHS[stage],
                KERNELS[inflation, BLOCKS[depth]](time),
                stride=2 if index == 0 and stage != "res2" else 1,
                frozen=variant.frozen_norm,
                name=f"{stage}_{index}",
            )
            if index in placement.get(stage, ()):
                layer, arguments = BLOCK_KINDS[kind]
                taken = {key: value for key, value in options.items() if key in arguments}
                x = layer(**taken, name=non_local_name(stage, index))(x)
        if stage == "res2" and variant.pool2:
            x = _max_pool(x, (2, 1, 1), (2, 1, 1), name="pool2")
    return Backbone(source_of(inputs), x, name=name)


def _stem(x, width, time_kernel, variant):
    x = conv_norm(
        x,
        width,
        (time_kernel, 7, 7),
        strides=(variant.stem_stride, 2, 2),
        frozen=variant.frozen_norm,
        name="conv1",
    )
    padding = variant.pool1_padding
    x = layers.ZeroPadding3D((0, padding, padding), name="pool1_pad")(x)  # 0 is the least
    strides = (variant.pool1_stride, 2, 2)
    return _max_pool(x, variant.pool1, strides, name="pool1")


def _max_pool(x, size, strides, name):
    """Pools in float32 for float16, which TensorFlow cannot pool on a CPU."""
    half = keras.config.dtype_policy().compute_dtype == "float16"
    return MaxPool3D(size, strides, dtype="float32" if half else None, name=name)(x)
