"""The tensor names of Mask R-CNN and Keypoint R-CNN in Detectron2, torchvision and MMDetection."""

from __future__ import annotations

import numpy as np

from ...utils.roles import NON_LOCAL_SUFFIX
from .name_map import TORCH_COUNTERS, NameMap, Rearrangement

GRID = 7  # rows and columns of the features of a box
NO_BLOCKS = (f"{NON_LOCAL_SUFFIX}/",)  # no published network for detection has non-local blocks


def _channels_last(kernel: np.ndarray) -> np.ndarray:
    """The first dense kernel `(out, C * 7 * 7)` reads a grid channel by channel in PyTorch."""
    out = kernel.shape[0]
    if kernel.ndim != 2 or kernel.shape[1] % GRID**2:
        return kernel
    return kernel.reshape(out, -1, GRID**2).transpose(0, 2, 1).reshape(out, -1)


_CHANNELS_LAST = {"box_dense_1/kernel": Rearrangement(_channels_last, "channels last")}

# torchvision has the background first, here it is last and has neither deltas nor a mask.
_BACKGROUND_LAST = Rearrangement(lambda array: np.roll(array, -1, axis=0), "background last")
_NO_BACKGROUND = Rearrangement(lambda array: array[1:], "without background")
_NO_BACKGROUND_DELTAS = Rearrangement(lambda array: array[4:], "without background")
_CLASSES_OF_TORCHVISION = {
    f"{layer}/{weight}": rearrangement
    for layer, rearrangement in {
        "box_logits": _BACKGROUND_LAST,
        "box_deltas": _NO_BACKGROUND_DELTAS,
        "mask_logits": _NO_BACKGROUND,
    }.items()
    for weight in ("kernel", "bias")
}

_CONVS = {"1": "1", "2": "2", "3": "3"}
_FROM_0 = {str(index): str(index + 1) for index in range(8)}

DETECTRON2 = NameMap(
    layers={
        "backbone.bottom_up.stem.conv1": "conv1_conv",
        "backbone.bottom_up.stem.conv1.norm": "conv1_norm",
        "backbone.bottom_up.res{stage}.{block}.conv{conv}": "res{stage}_{block}_{conv}_conv",
        "backbone.bottom_up.res{stage}.{block}.conv{conv}.norm": "res{stage}_{block}_{conv}_norm",
        "backbone.bottom_up.res{stage}.{block}.shortcut": "res{stage}_{block}_shortcut_conv",
        "backbone.bottom_up.res{stage}.{block}.shortcut.norm": "res{stage}_{block}_shortcut_norm",
        "backbone.fpn_{path}{stage}": "fpn_{path}_{stage}",
        "proposal_generator.rpn_head.{rpn}": "rpn_{rpn}",
        "roi_heads.box_head.fc{block}": "box_dense_{block}",
        "roi_heads.box_predictor.{box}": "box_{box}",
        "roi_heads.mask_head.mask_fcn{block}": "mask_conv_{block}",
        "roi_heads.mask_head.{mask}": "mask_{mask}",
        "roi_heads.keypoint_head.conv_fcn{block}": "keypoint_conv_{block}",
        "roi_heads.keypoint_head.score_lowres": "keypoint_deconv",
    },
    words={
        "stage": {"2": "2", "3": "3", "4": "4", "5": "5"},
        "conv": _CONVS,
        "path": {"lateral": "lateral", "output": "output"},
        "rpn": {"conv": "conv_1", "objectness_logits": "logits", "anchor_deltas": "deltas"},
        "box": {"cls_score": "logits", "bbox_pred": "deltas"},
        "mask": {"deconv": "deconv", "predictor": "logits"},
    },
    ignored=(
        "pixel_mean|pixel_std",
        r"proposal_generator\.anchor_generator\.cell_anchors\.\d+",
    ),
    rearranged=_CHANNELS_LAST,
    lacks=NO_BLOCKS,
)

_STAGES = {"1": "2", "2": "3", "3": "4", "4": "5"}
_LEVELS = {"0": "2", "1": "3", "2": "4", "3": "5"}


def _resnet(prefix: str) -> dict[str, str]:
    """The names of a ResNet of PyTorch after a prefix."""
    layer = f"{prefix}layer{{stage}}.{{block}}"
    return {
        f"{prefix}conv1": "conv1_conv",
        f"{prefix}bn1": "conv1_norm",
        f"{layer}.conv{{conv}}": "res{stage}_{block}_{conv}_conv",
        f"{layer}.bn{{conv}}": "res{stage}_{block}_{conv}_norm",
        f"{layer}.downsample.0": "res{stage}_{block}_shortcut_conv",
        f"{layer}.downsample.1": "res{stage}_{block}_shortcut_norm",
    }


TORCHVISION_DETECTION = NameMap(
    layers={
        **_resnet("backbone.body."),
        "backbone.fpn.{path}.{level}": "fpn_{path}_{level}",  # files before state version 2
        "backbone.fpn.{path}.{level}.0": "fpn_{path}_{level}",
        "backbone.fpn.{path}.{level}.1": "fpn_{path}_{level}_norm",
        "rpn.head.conv": "rpn_conv_1",
        "rpn.head.conv.{index}.0": "rpn_conv_{index}",
        "rpn.head.{rpn}": "rpn_{rpn}",
        "roi_heads.box_head.{dense}": "box_dense_{dense}",
        "roi_heads.box_head.{index}.0": "box_conv_{index}",
        "roi_heads.box_head.{index}.1": "box_conv_{index}_norm",
        "roi_heads.box_predictor.{box}": "box_{box}",
        "roi_heads.mask_head.mask_fcn{block}": "mask_conv_{block}",
        "roi_heads.mask_head.{index}.0": "mask_conv_{index}",
        "roi_heads.mask_head.{index}.1": "mask_conv_{index}_norm",
        "roi_heads.mask_predictor.{mask}": "mask_{mask}",
        "roi_heads.keypoint_head.{even}": "keypoint_conv_{even}",
        "roi_heads.keypoint_predictor.kps_score_lowres": "keypoint_deconv",
    },
    words={
        "stage": _STAGES,
        "level": _LEVELS,
        "conv": _CONVS,
        "index": _FROM_0,
        "even": {str(2 * index): str(index + 1) for index in range(8)},  # ReLUs stand between
        "path": {"inner_blocks": "lateral", "layer_blocks": "output"},
        "rpn": {"cls_logits": "logits", "bbox_pred": "deltas"},
        "dense": {"fc6": "1", "fc7": "2", "5": "1"},
        "box": {"cls_score": "logits", "bbox_pred": "deltas"},
        "mask": {"conv5_mask": "deconv", "mask_fcn_logits": "logits"},
    },
    rearranged={**_CHANNELS_LAST, **_CLASSES_OF_TORCHVISION},
    lacks=NO_BLOCKS,
)

MMDETECTION = NameMap(
    layers={
        **_resnet("backbone."),
        "neck.{path}.{level}.conv": "fpn_{path}_{level}",
        "rpn_head.{rpn}": "rpn_{rpn}",
        "roi_head.bbox_head.shared_fcs.{index}": "box_dense_{index}",
        "roi_head.bbox_head.{box}": "box_{box}",
        "roi_head.mask_head.convs.{index}.conv": "mask_conv_{index}",
        "roi_head.mask_head.{mask}": "mask_{mask}",
    },
    words={
        "stage": _STAGES,
        "level": _LEVELS,
        "conv": _CONVS,
        "index": _FROM_0,
        "path": {"lateral_convs": "lateral", "fpn_convs": "output"},
        "rpn": {"rpn_conv": "conv_1", "rpn_cls": "logits", "rpn_reg": "deltas"},
        "box": {"fc_cls": "logits", "fc_reg": "deltas"},
        "mask": {"upsample": "deconv", "conv_logits": "logits"},
    },
    ignored=(*TORCH_COUNTERS, r"ema_\w+"),
    rearranged=_CHANNELS_LAST,
    lacks=NO_BLOCKS,
)

DETECTION_SOURCES = {
    "detectron2": DETECTRON2,
    "mmdetection": MMDETECTION,
    "torchvision_detection": TORCHVISION_DETECTION,
}
