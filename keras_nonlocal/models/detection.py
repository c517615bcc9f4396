"""Networks that detect objects: Mask R-CNN and Keypoint R-CNN, with and without non-local blocks.

Source: section 6 of the paper, on top of Mask R-CNN (arXiv:1703.06870) with a feature pyramid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from ..backbones.backbone import input_of
from ..backbones.feature_pyramid import feature_pyramid
from ..backbones.image_resnet import image_resnet
from ..backbones.placement import place
from ..layers.detections import Detections
from ..layers.padding import BorderInPadding, ImageMask, PadToMultiple, ZeroInPadding
from ..layers.region_proposals import RegionProposals
from ..layers.roi_align import RoiAlign
from ..ops.box_formats import BOX_FORMATS
from ..ops.positions import check_channels_last
from ..pretrained.resolve import find_weights
from ..regions.heads import box_head, keypoint_head, mask_head, region_proposal_head
from ..regions.losses import TrainingOptions
from ..regions.network import IMAGES, SIZES, RegionCNN
from ..regions.variants import REGION_VARIANTS, RegionVariant
from ..utils.checks import PathLike, one_of, positive_int
from ..weights.load import load_weights

STRIDE = 32  # of P5; images are extended to multiples
IMAGENET_VARIANT = "mmdetection"  # strides where torchvision's ResNets do


@dataclass(frozen=True)
class _Size:
    """The size of a network: its backbone, and the channels of pyramid and heads."""

    title: str
    depth: int
    variant: str = "detectron2"
    width: int = 64
    channels: int = 256
    dense: int = 1024
    keypoint_width: int = 512
    keypoint_depth: int = 8
    grouped: bool = False
    frozen_norm: bool = True
    anchor_sizes: tuple[float, ...] = (32, 64, 128, 256, 512)
    proposals: Mapping[str, Any] = field(default_factory=dict)


_SIZES = {
    "r50_fpn": _Size("ResNet-50", 50),
    "r101_fpn": _Size("ResNet-101", 101),
    "x101_fpn": _Size("ResNeXt-101", 101, "detectron2_x101", grouped=True),
    "small": _Size(
        "a small ResNet of 18 layers",
        18,
        "scratch",
        width=16,
        channels=64,
        dense=128,
        keypoint_width=64,
        keypoint_depth=4,
        frozen_norm=False,
        anchor_sizes=(16, 32, 64, 128, 256),
        proposals={"best": (200, 400), "kept": (100, 200)},
    ),
}
_BLOCKS = {"nl_": True, "": False}
_HEADS = {"mask_rcnn": "Mask R-CNN", "keypoint_rcnn": "Keypoint R-CNN"}
DETECTION = tuple(
    f"{prefix}{head}_{size}" for prefix in _BLOCKS for head in _HEADS for size in _SIZES
)


def _builder(blocks: str, head: str, size_name: str):
    builder, size = f"{blocks}{head}_{size_name}", _SIZES[size_name]

    def build(
        include_top: bool = True,
        weights: PathLike | None = None,
        input_tensor: keras.KerasTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        classes: int | None = None,
        name: str = builder,
        *,
        bounding_box_format: str = "xyxy",
        variant: str | None = None,
        keypoints: int = 17,
        backbone_block: bool | None = None,
        roi_align: str = "auto",
        options: TrainingOptions | None = None,
    ) -> keras.Model:
        """Network for the detection of objects: {title}.

        The network proposes boxes from a feature pyramid, and moves, names and scores each of them.
        A head of convolutions then finds the {found}.

        Args:
            include_top: Whether to add the pyramid and the heads. Without them, the model is a
                `keras_nonlocal.backbones.Backbone`.
            weights: `None` for random weights, the name of a card or of its data set such as
                `"coco"`, `"imagenet"` to start training from, or the path of a `.weights.h5` file.
                Published files are downloaded. None of them has non-local blocks, so a network with
                blocks gets the weights of the network without, and its blocks begin as the
                identity.
            input_tensor: Keras tensor `(B, H, W, C)` to use as the input.
            input_shape: `(H, W, C)`. The default is `(None, None, 3)`, for images of any size.
            classes: Number of classes of objects, without the background. The default is the number
                of the weights, or {classes}.
            name: Name of the model.
            bounding_box_format: The format of boxes in labels and outputs: any that Keras knows.
            variant: A key of `keras_nonlocal.regions.REGION_VARIANTS`: the code base whose details
                the network has. The default is that of the weights, or {variant!r}.
            keypoints: Number of keypoints of an object. Mask R-CNN takes it and ignores it.
            backbone_block: Whether a non-local block stands before the last residual block of res4.
                The default is {backbone_block}.
            roi_align: `"auto"`, `"crop"` or `"gather"`, see `keras_nonlocal.layers.RoiAlign`. A
                model with `"gather"` can be compiled by XLA.
            options: How the network is trained; the default is that of the paper.

        Returns:
            A `keras_nonlocal.regions.RegionCNN` of normalized images. Without the heads, a
            `keras_nonlocal.backbones.Backbone`.

        Raises:
            ValueError: An argument is invalid, or the weights do not fit.
            FileNotFoundError: The weights file does not exist.

        Source: section 6 of the paper.

        Example:

        >>> model = keras_nonlocal.models.{name}(classes=2)
        >>> sorted(model.output)
        {outputs}
        """
        check_channels_last(builder)
        found = find_weights(weights, builder)
        trained = {"variant": size.variant, "classes": _CLASSES[head]}
        if found.card is not None:
            trained |= {**found.card.arguments, "classes": len(found.card.classes)}
        elif found.source is not None:
            trained["variant"] = IMAGENET_VARIANT
        given = {"variant": variant, "classes": classes}
        chosen: dict[str, Any] = {
            key: trained[key] if value is None else value for key, value in given.items()
        }
        positive_int("classes", chosen["classes"])
        positive_int("keypoints", keypoints)
        one_of("bounding_box_format", bounding_box_format, BOX_FORMATS)
        one_of("variant", chosen["variant"], REGION_VARIANTS)
        if found.card is not None and include_top:
            _check_card(found.card.name, trained, chosen)
        class_count: int = chosen["classes"]
        details, options = REGION_VARIANTS[chosen["variant"]], options or TrainingOptions()
        images = input_of(input_tensor, input_shape, "HWC", IMAGES)
        with_block = _BLOCK_IN_BACKBONE[blocks, head] if backbone_block is None else backbone_block
        sizes = keras.Input((2,), dtype="int32", name=SIZES)
        padded = PadToMultiple(name="pad")([images, sizes])
        mask = _applied(ZeroInPadding, sizes, padded)
        features = image_resnet(
            padded,
            depth=size.depth,
            name=name,
            output_stride=STRIDE,
            width=size.width,
            deep_stem=False,
            placement=place(1, size.depth) if with_block else {},
            block=_bottleneck(size, details),
            norm={"epsilon": details.epsilon, "frozen": size.frozen_norm},
            mask=mask if include_top else None,
            attention_mask=_applied(ImageMask, sizes, padded) if include_top else None,
        )
        if not include_top:
            if found.path is not None:
                load_weights(features, found.path, found.source)
            return features
        outputs = _detected(
            features,
            sizes,
            padded,
            head,
            size,
            details,
            classes=class_count,
            keypoints=keypoints,
            head_blocks=bool(blocks),
            roi_align=roi_align,
            seed=options.seed,
        )
        model = RegionCNN({IMAGES: images, SIZES: sizes}, outputs, name=name)
        model.prepare(bounding_box_format, options)
        if found.path is not None:
            load_weights(model, found.path, found.source)
        return model

    build.__name__ = build.__qualname__ = builder
    build.__doc__ = (build.__doc__ or "").format(
        name=builder,
        title=f"{'non-local ' if blocks else ''}{_HEADS[head]} on {size.title}",
        found="mask of each" if head == "mask_rcnn" else "keypoints of each",
        classes=_CLASSES[head],
        variant=size.variant,
        backbone_block=str(_BLOCK_IN_BACKBONE[blocks, head]).lower(),
        outputs=sorted(["boxes", "confidence", "labels", "num_detections", _OUTPUT[head]]),
    )
    return build


def _detected(
    features: keras.Model,
    sizes: keras.KerasTensor,
    padded: keras.KerasTensor,
    head: str,
    size: _Size,
    details: RegionVariant,
    *,
    classes: int,
    keypoints: int,
    head_blocks: bool,
    roi_align: str,
    seed: int,
) -> dict[str, keras.KerasTensor]:
    """Adds the pyramid, the proposals and the heads to a backbone, and returns what they find."""
    norm = {"momentum": 0.9, "epsilon": 1e-5} if details.head_norm else None
    mask = _applied(ZeroInPadding, sizes, padded)
    pyramid = feature_pyramid(features, size.channels, norm, mask)
    loop = True if roi_align == "gather" else None
    propose = RegionProposals(
        anchor_sizes=size.anchor_sizes,
        rounded_anchors=details.rounded_anchors,
        loop=loop,
        seed=seed,
        name="proposals",
        **size.proposals,
    )
    anchors = len(propose.ratios)
    logits, deltas = region_proposal_head(pyramid, size.channels, anchors, details, mask)
    proposals = propose({"logits": logits, "deltas": deltas, SIZES: sizes})["boxes"]
    border = _applied(BorderInPadding, sizes, padded)
    levels = [border(pyramid[f"P{n}"], f"roi_P{n}") for n in range(2, 6)]

    def aligned(grid: int, boxes, name: str):
        layer = RoiAlign(
            (grid, grid),
            sampling_ratio=details.sampling_ratio,
            aligned=details.aligned,
            method=roi_align,
            name=name,
        )
        return layer([boxes, *levels])

    x = aligned(7, proposals, "box_features")
    logits, deltas = box_head(x, classes, size.channels, size.dense, details)
    outputs = Detections(loop=loop, name="detections")(
        {"boxes": proposals, "logits": logits, "deltas": deltas, SIZES: sizes}
    )
    boxes = outputs["boxes"]
    if head == "mask_rcnn":
        x = aligned(14, boxes, "mask_features")
        outputs["masks"] = mask_head(x, outputs["labels"], classes, size.channels, details)
    else:
        x = aligned(14, boxes, "keypoint_features")
        sizing = size.keypoint_width, size.keypoint_depth
        outputs["keypoints"] = keypoint_head(x, boxes, keypoints, *sizing, head_blocks, details)
    return outputs


_CLASSES = {"mask_rcnn": 80, "keypoint_rcnn": 1}  # of COCO
_OUTPUT = {"mask_rcnn": "masks", "keypoint_rcnn": "keypoints"}
# The paper has one block in the backbone of Mask R-CNN, and four in the head for keypoints.
_BLOCK_IN_BACKBONE = {
    ("nl_", "mask_rcnn"): True,
    ("nl_", "keypoint_rcnn"): False,
    ("", "mask_rcnn"): False,
    ("", "keypoint_rcnn"): False,
}


def _check_card(card: str, trained: dict, chosen: dict) -> None:
    for name, value in chosen.items():
        if value != trained[name]:
            raise ValueError(
                f"The weights {card!r} belong to a network with {name}={trained[name]!r}. To begin "
                f"training from them, use `include_top=False`. Received: {name}={value!r}"
            )


def _bottleneck(size: _Size, details: RegionVariant) -> dict[str, Any]:
    """Returns the options of the residual blocks."""
    if size.depth == 18:
        return {}
    groups = {"groups": details.groups, "group_width": details.group_width} if size.grouped else {}
    return {"stride_first": details.stride_first, **groups}


def _applied(layer, sizes, padded):
    """Returns a function that applies a layer of `padding` to features, by name."""
    return lambda x, name: layer(name=name)([x, sizes, padded])


mask_rcnn_r50_fpn = _builder("", "mask_rcnn", "r50_fpn")
mask_rcnn_r101_fpn = _builder("", "mask_rcnn", "r101_fpn")
mask_rcnn_x101_fpn = _builder("", "mask_rcnn", "x101_fpn")
mask_rcnn_small = _builder("", "mask_rcnn", "small")
nl_mask_rcnn_r50_fpn = _builder("nl_", "mask_rcnn", "r50_fpn")
nl_mask_rcnn_r101_fpn = _builder("nl_", "mask_rcnn", "r101_fpn")
nl_mask_rcnn_small = _builder("nl_", "mask_rcnn", "small")
keypoint_rcnn_r50_fpn = _builder("", "keypoint_rcnn", "r50_fpn")
keypoint_rcnn_r101_fpn = _builder("", "keypoint_rcnn", "r101_fpn")
keypoint_rcnn_x101_fpn = _builder("", "keypoint_rcnn", "x101_fpn")
keypoint_rcnn_small = _builder("", "keypoint_rcnn", "small")
nl_keypoint_rcnn_r101_fpn = _builder("nl_", "keypoint_rcnn", "r101_fpn")
nl_keypoint_rcnn_small = _builder("nl_", "keypoint_rcnn", "small")
