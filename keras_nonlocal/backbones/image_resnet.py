"""ResNets for images, at an output stride of 4, 8, 16 or 32.

Sources: ResNet-V1c with contracted dilations, as in the segmentation networks of MMSegmentation;
and the original ResNet, as in the detection networks of Detectron2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import layers

from ..layers.non_local import NonLocal2D
from ..utils.roles import STAGES, non_local_name
from .backbone import Backbone, source_of
from .blocks import conv_norm
from .placement import DEPTHS
from .video_resnet import BLOCKS, WIDTHS

# The stride and the dilation of each stage by the stride of the last features. Where a stage does
# not stride, its dilation grows instead, so that a kernel sees as much of the image as before.
OUTPUT_STRIDES = {
    4: {"res2": (1, 1), "res3": (1, 2), "res4": (1, 4), "res5": (1, 8)},
    8: {"res2": (1, 1), "res3": (2, 1), "res4": (1, 2), "res5": (1, 4)},
    16: {"res2": (1, 1), "res3": (2, 1), "res4": (2, 1), "res5": (1, 2)},
    32: {"res2": (1, 1), "res3": (2, 1), "res4": (2, 1), "res5": (2, 1)},
}


def image_resnet(
    inputs,
    *,
    depth: int,
    name: str,
    output_stride: int = 8,
    width: int = 64,
    deep_stem: bool = True,
    placement: Mapping[str, tuple[int, ...]] | None = None,
    block: Mapping[str, Any] | None = None,
    norm: Mapping[str, Any] | None = None,
    mask: Callable | None = None,
    attention_mask: Callable | None = None,
) -> Backbone:
    """Builds the feature network: images `(B, H, W, 3)` to features of a smaller size.

    Args:
        inputs: The symbolic images.
        depth: 18, 50 or 101.
        name: Name of the model.
        output_stride: Height and width of the image divided by those of the features: a key of
            `OUTPUT_STRIDES`.
        width: Number of channels after the stem.
        deep_stem: Whether the network begins with three 3x3 convolutions instead of one of 7x7.
        placement: Indices of the residual blocks that a non-local block follows, by stage.
        block: Options of the bottlenecks: `stride_first`, `groups`, `group_width`.
        norm: Options of the batch norms: `frozen`, `epsilon`.
        mask: `mask(x, name)` is applied to what a kernel larger than one reads.
        attention_mask: `attention_mask(x, name)` returns the positions that blocks attend to.

    Returns:
        A `Backbone`. Stages with a dilation instead of a stride keep the size of the stage before.
    """
    placement, block, norm = placement or {}, block or {}, norm or {}
    x = (_deep_stem if deep_stem else _stem)(inputs, width, norm)
    x = x if mask is None else mask(x, "pool1_mask")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)  # after a ReLU, zero is the smallest value
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    source = source_of(x)  # not of the last features: Keras looks at every path through the sums
    for stage, blocks in zip(STAGES, DEPTHS[depth], strict=True):
        stride, dilation = OUTPUT_STRIDES[output_stride][stage]
        kernels = ((1, 1), (3, 3)) if depth > 18 else ((3, 3), (3, 3))
        for index in range(blocks):
            first = index == 0
            x = BLOCKS[depth](
                x,
                width * WIDTHS[stage],
                kernels,
                stride=stride if first else 1,
                dilation=max(dilation // 2, 1) if first else dilation,  # grows block by block
                name=f"{stage}_{index}",
                **block,
                mask=mask,
                **norm,
            )
            if index in placement.get(stage, ()):
                name_of_block = non_local_name(stage, index)
                valid = attention_mask and attention_mask(x, f"{name_of_block}_mask")
                x = NonLocal2D(name=name_of_block)(x, mask=valid)
                x = x if mask is None else mask(x, f"{name_of_block}_end")
    return Backbone(source, x, name=name)


def _deep_stem(x, width, norm):
    x = conv_norm(x, width // 2, (3, 3), strides=(2, 2), **norm, name="conv1_0")
    x = conv_norm(x, width // 2, (3, 3), **norm, name="conv1_1")
    return conv_norm(x, width, (3, 3), **norm, name="conv1_2")


def _stem(x, width, norm):
    return conv_norm(x, width, (7, 7), strides=(2, 2), **norm, name="conv1")
