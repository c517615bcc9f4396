"""The ResNet for semantic segmentation, with a deep stem and dilation instead of strides.

Source: ResNet-V1c with contracted dilations, as in the non-local networks of MMSegmentation.
"""

from __future__ import annotations

from keras import layers

from ..utils.roles import STAGES
from .backbone import Backbone, source_of
from .blocks import bottleneck, conv_norm
from .placement import DEPTHS

STRIDES = {"res2": 1, "res3": 2, "res4": 1, "res5": 1}
# Dilation of the 3x3 convolution in the first block of a stage and in the other blocks.
DILATIONS = {"res2": (1, 1), "res3": (1, 1), "res4": (1, 2), "res5": (2, 4)}


def dilated_resnet(inputs, *, depth: int, name: str) -> Backbone:
    """Builds the feature network: images `(B, H, W, 3)` to features `(B, H / 8, W / 8, 2048)`.

    Args:
        inputs: The symbolic images.
        depth: 50 or 101.
        name: Name of the model.

    Returns:
        A `Backbone`. Because of the dilation, `res4` and `res5` keep the size of `res3`.
    """
    x = conv_norm(inputs, 32, (3, 3), strides=(2, 2), name="conv1_0")
    x = conv_norm(x, 32, (3, 3), name="conv1_1")
    x = conv_norm(x, 64, (3, 3), name="conv1_2")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)  # after a ReLU, zero is the smallest value
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    for stage, blocks, width in zip(STAGES, DEPTHS[depth], (64, 128, 256, 512), strict=True):
        for index in range(blocks):
            x = bottleneck(
                x,
                width,
                ((1, 1), (3, 3)),
                stride=STRIDES[stage] if index == 0 else 1,
                dilation=DILATIONS[stage][index > 0],
                name=f"{stage}_{index}",
            )
    return Backbone(source_of(inputs), x, name=name)
