"""The heads of a Mask R-CNN: region proposals, boxes, masks and keypoints."""

from __future__ import annotations

from collections.abc import Callable

from keras import initializers, layers

from ..layers.batch_norm import BatchNorm
from ..layers.detections import DetectionKeypoints, DetectionMasks
from ..layers.non_local import NonLocal2D
from ..utils.roles import NON_LOCAL_SUFFIX
from .variants import RegionVariant


def region_proposal_head(pyramid, width: int, anchors: int, variant: RegionVariant, mask: Callable):
    """Returns the logits `(B, H, W, A)` and the deltas `(B, H, W, 4 * A)` of each level.

    `mask(x, name)` is applied to what a kernel larger than one reads.
    """
    small = initializers.RandomNormal(stddev=0.01)
    convolutions = [
        layers.Conv2D(
            width,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=small,
            name=f"rpn_conv_{index + 1}",
        )
        for index in range(variant.rpn_convolutions)
    ]
    logits, deltas = (
        layers.Conv2D(number, 1, kernel_initializer=small, dtype="float32", name=f"rpn_{output}")
        for output, number in (("logits", anchors), ("deltas", 4 * anchors))
    )
    outputs = []
    for level, x in pyramid.items():
        for convolution in convolutions:
            x = convolution(mask(x, f"{convolution.name}_{level}_mask"))
        outputs.append((logits(x), deltas(x)))
    return [list(level) for level in zip(*outputs, strict=True)]


def box_head(x, classes: int, width: int, dense: int, variant: RegionVariant):
    """Returns the logits `(R, classes + 1)` and the deltas `(R, 4 * classes)` of regions."""
    for index in range(variant.box_convolutions):
        x = _conv(x, width, f"box_conv_{index + 1}", variant.head_norm)
    x = layers.Flatten(name="box_flatten")(x)
    for index in range(variant.box_dense):
        x = layers.Dense(dense, activation="relu", name=f"box_dense_{index + 1}")(x)
    logits = layers.Dense(
        classes + 1,
        kernel_initializer=initializers.RandomNormal(stddev=0.01),
        dtype="float32",
        name="box_logits",
    )
    deltas = layers.Dense(
        4 * classes,
        kernel_initializer=initializers.RandomNormal(stddev=0.001),
        dtype="float32",
        name="box_deltas",
    )
    return logits(x), deltas(x)


def mask_head(x, labels, classes: int, width: int, variant: RegionVariant):
    """Returns the masks `(B, D, 28, 28)` of regions `(B * D, 14, 14, C)`."""
    for index in range(4):
        x = _conv(x, width, f"mask_conv_{index + 1}", variant.head_norm)
    x = layers.Conv2DTranspose(
        width, 2, 2, activation="relu", kernel_initializer="he_normal", name="mask_deconv"
    )(x)
    x = layers.Conv2D(classes, 1, dtype="float32", name="mask_logits")(x)
    return DetectionMasks(name="masks")({"logits": x, "labels": labels})


def keypoint_head(
    x, boxes, keypoints: int, width: int, depth: int, blocks: bool, variant: RegionVariant
):
    """Returns the keypoints `(B, D, K, 3)` of regions `(B * D, 14, 14, C)`.

    With blocks, a non-local block follows every second convolution (section 6 of the paper).
    """
    for index in range(1, depth + 1):
        x = _conv(x, width, f"keypoint_conv_{index}", variant.head_norm)
        if blocks and index % 2 == 0:
            x = NonLocal2D(name=f"keypoint_conv_{index}{NON_LOCAL_SUFFIX}")(x)
    x = layers.Conv2DTranspose(
        keypoints, 4, 2, padding="same", dtype="float32", name="keypoint_deconv"
    )(x)
    x = layers.UpSampling2D(2, interpolation="bilinear", dtype="float32", name="keypoint_logits")(x)
    return DetectionKeypoints(name="keypoints")({"logits": x, "boxes": boxes})


def _conv(x, width, name, norm):
    """A 3x3 convolution and a ReLU, with a batch norm between them or a bias."""
    x = layers.Conv2D(
        width, 3, padding="same", use_bias=not norm, kernel_initializer="he_normal", name=name
    )(x)
    if norm:
        x = BatchNorm(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
