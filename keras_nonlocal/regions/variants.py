"""The differences between published detection networks, and one to train from scratch, as a table.

Sources: Detectron2, torchvision and MMDetection. The shapes of the weights are often the same, but
the weights give right results only in their own network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class RegionVariant:
    """The architecture of one family of published detection networks.

    Attributes:
        groups, group_width: Number of groups of the middle convolution of a ResNeXt, and their
            channels in res2; networks without groups do not look at them.
        stride_first: Whether the first convolution of a bottleneck strides, instead of the second.
        epsilon: Of the batch norms of the backbone.
        rounded_anchors: Whether the sides of anchors are whole pixels.
        aligned, sampling_ratio: As in `keras_nonlocal.layers.RoiAlign`.
        rpn_convolutions: Number of 3x3 convolutions of the region proposal network.
        box_convolutions, box_dense: Number of 3x3 convolutions and of dense layers of the box head.
        head_norm: Whether batch norms follow the convolutions of the pyramid and the heads.
    """

    groups: int = 32
    group_width: int = 8
    stride_first: bool = False
    epsilon: float = 1e-5
    rounded_anchors: bool = False
    aligned: bool = True
    sampling_ratio: int = 0
    rpn_convolutions: int = 1
    box_convolutions: int = 0
    box_dense: int = 2
    head_norm: bool = False


_torchvision = RegionVariant(epsilon=0.0, rounded_anchors=True, aligned=False, sampling_ratio=2)

REGION_VARIANTS = {
    "detectron2": RegionVariant(stride_first=True),
    "detectron2_x101": RegionVariant(),
    "torchvision": _torchvision,
    "torchvision_v2": replace(
        _torchvision,
        epsilon=1e-5,
        rpn_convolutions=2,
        box_convolutions=4,
        box_dense=1,
        head_norm=True,
    ),
    "mmdetection": RegionVariant(),
    "mmdetection_32x4d": RegionVariant(group_width=4),
    "mmdetection_32x8d": RegionVariant(),
    "mmdetection_64x4d": RegionVariant(groups=64, group_width=4),
    "mmdetection_caffe": RegionVariant(stride_first=True),
    "scratch": RegionVariant(head_norm=True),  # to train all weights from random ones
}
