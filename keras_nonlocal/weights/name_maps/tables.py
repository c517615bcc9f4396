"""The tensor names of all code bases from which checkpoints can be converted."""

from __future__ import annotations

from collections.abc import Mapping

from ...utils.roles import AUXILIARY, LOGITS, NON_LOCAL_SUFFIX, REGION_HEADS
from .detection_tables import DETECTION_SOURCES
from .name_map import TORCH_COUNTERS, TORCH_FIELDS, NameMap

# This package's layer names.
TARGETS = {
    "stem": "conv1_conv",
    "stem_norm": "conv1_norm",
    "conv": "res{stage}_{block}_{conv}_conv",
    "norm": "res{stage}_{block}_{conv}_norm",
    "shortcut": "res{stage}_{block}_shortcut_conv",
    "shortcut_norm": "res{stage}_{block}_shortcut_norm",
    "non_local": f"res{{stage}}_{{block}}{NON_LOCAL_SUFFIX}/{{part}}",
    "non_local_out": f"res{{stage}}_{{block}}{NON_LOCAL_SUFFIX}/out",
    "non_local_norm": f"res{{stage}}_{{block}}{NON_LOCAL_SUFFIX}/norm",
    "logits": LOGITS,
}
# Values of the placeholders in other code bases, to the values in this package.
STAGES_FROM_0 = {"0": "2", "1": "3", "2": "4", "3": "5"}
STAGES_FROM_1 = {"1": "2", "2": "3", "3": "4", "4": "5"}
STAGES_FROM_2 = {"2": "2", "3": "3", "4": "4", "5": "5"}
LETTERS = {"a": "1", "b": "2", "c": "3"}
DIGITS = {"1": "1", "2": "2", "3": "3"}
PARTS = {"theta": "theta", "phi": "phi", "g": "g", "out": "out"}


def _layers(**templates: str) -> Mapping[str, str]:
    """Returns a source's templates of layer names, to the templates of this package."""
    return {template: TARGETS[layer] for layer, template in templates.items()}


# The authors' own Caffe2 pickles, and the `.pkl` files in the model zoo of PySlowFast.
CAFFE2 = NameMap(
    layers=_layers(
        stem="conv1",
        stem_norm="res_conv1_bn",
        conv="res{stage}_{block}_branch2{conv}",
        norm="res{stage}_{block}_branch2{conv}_bn",
        shortcut="res{stage}_{block}_branch1",
        shortcut_norm="res{stage}_{block}_branch1_bn",
        non_local="nonlocal_conv{stage}_{block}_{part}",
        non_local_norm="nonlocal_conv{stage}_{block}_bn",
        logits="pred",
    ),
    words={"stage": STAGES_FROM_2, "conv": LETTERS, "part": PARTS},
    fields={"_w": "/kernel", "_b": "/bias"},
    norm_fields={
        "_s": "/gamma",
        "_b": "/beta",
        "_rm": "/moving_mean",
        "_riv": "/moving_variance",  # it holds the variance, although its name says the inverse
    },
    ignored=("model_iter", "lr", r".+_momentum"),
    folds_norms=True,  # in the files of networks for long clips
)

# GluonCV's PyTorch files. Its modules hold some layers twice, so some tensors have two names.
GLUONCV = NameMap(
    layers=_layers(
        stem="first_stage.0",
        stem_norm="first_stage.1",
        conv="res_layers.{stage}.{block}.conv{conv}",
        norm="res_layers.{stage}.{block}.bn{conv}",
        shortcut="res_layers.{stage}.{block}.downsample.0",
        shortcut_norm="res_layers.{stage}.{block}.downsample.1",
        non_local="res_layers.{stage}.{block}.nonlocal_block.{part}",
        non_local_norm="res_layers.{stage}.{block}.nonlocal_block.bn",
        logits="fc",
    ),
    words={
        "stage": STAGES_FROM_0,
        "conv": DIGITS,
        "part": {"theta": "theta", "phi": "phi", "g": "g", "W": "out"},
    },
    duplicates=_layers(
        non_local_out="res_layers.{stage}.{block}.nonlocal_block.W_bn.0",
        non_local_norm="res_layers.{stage}.{block}.nonlocal_block.W_bn.1",
        logits="head.1",
    ),
)

# MMAction2's C2D, I3D and non-local networks.
MMACTION2 = NameMap(
    layers=_layers(
        stem="backbone.conv1.conv",
        stem_norm="backbone.conv1.bn",
        conv="backbone.layer{stage}.{block}.conv{conv}.conv",
        norm="backbone.layer{stage}.{block}.conv{conv}.bn",
        shortcut="backbone.layer{stage}.{block}.downsample.conv",
        shortcut_norm="backbone.layer{stage}.{block}.downsample.bn",
        non_local="backbone.layer{stage}.{block}.non_local_block.{part}.conv",
        non_local_norm="backbone.layer{stage}.{block}.non_local_block.conv_out.bn",
        logits="cls_head.fc_cls",
    ),
    words={
        "stage": STAGES_FROM_1,
        "conv": DIGITS,
        # phi and g are sequences of a convolution and a max pooling.
        "part": {"theta": "theta", "phi.0": "phi", "g.0": "g", "conv_out": "out"},
    },
    # MMCV exchanges the weights with their averages before it saves: these are not the averages.
    ignored=(*TORCH_COUNTERS, r"ema_\w+"),
)

# The ResNets with a deep stem (V1c) of MMSegmentation. Their ImageNet weights have these names.
_V1C = {
    "stem.{stem}": "conv1_{stem}_conv",
    "stem.{stem_norm}": "conv1_{stem_norm}_norm",
    **_layers(
        conv="layer{stage}.{block}.conv{conv}",
        norm="layer{stage}.{block}.bn{conv}",
        shortcut="layer{stage}.{block}.downsample.0",
        shortcut_norm="layer{stage}.{block}.downsample.1",
    ),
}
_V1C_WORDS = {
    "stage": STAGES_FROM_1,
    "conv": DIGITS,
    "stem": {"0": "0", "3": "1", "6": "2"},  # norms and ReLUs stand between the convolutions
    "stem_norm": {"1": "0", "4": "1", "7": "2"},
}
MMSEGMENTATION_V1C = NameMap(
    layers=_V1C,
    words=_V1C_WORDS,
    ignored=(*TORCH_COUNTERS, r"fc\.(weight|bias)"),  # the classifier of 1000 image classes
    lacks=("head_", f"{LOGITS}/", f"{AUXILIARY}"),
)

# MMSegmentation's FCN, non-local network, GCNet, DNL and CCNet.
_BLOCK = f"head{NON_LOCAL_SUFFIX}"
MMSEGMENTATION = NameMap(
    layers={
        **{f"backbone.{template}": target for template, target in _V1C.items()},
        "decode_head.convs.{block}.conv": "head_{block}_conv",
        "decode_head.convs.{block}.bn": "head_{block}_norm",
        "decode_head.conv_cat.conv": "head_2_conv",
        "decode_head.conv_cat.bn": "head_2_norm",
        "decode_head.conv_seg": LOGITS,
        "auxiliary_head.convs.{block}.conv": f"{AUXILIARY}_{{block}}_conv",
        "auxiliary_head.convs.{block}.bn": f"{AUXILIARY}_{{block}}_norm",
        "auxiliary_head.conv_seg": AUXILIARY,
        "decode_head.{kind}.{part}.conv": f"{_BLOCK}/{{part}}",
        "decode_head.{kind}.conv_out.bn": f"{_BLOCK}/norm",
        "decode_head.{kind}.{other}": f"{_BLOCK}/{{other}}",
        "decode_head.gc_block.channel_add_conv.1": f"{_BLOCK}/norm",
        "decode_head.cca.gamma": _BLOCK,
    },
    words={
        **_V1C_WORDS,
        "kind": {"nl_block": "", "dnl_block": "", "gc_block": "", "cca": ""},
        "part": {"theta": "theta", "phi": "phi", "g": "g", "conv_out": "out"},
        "other": {
            "conv_mask": "context",
            "channel_add_conv.0": "reduce",
            "channel_add_conv.3": "expand",
            "query_conv": "theta",
            "key_conv": "phi",
            "value_conv": "g",
        },
    },
    fields={**TORCH_FIELDS, ".scale": "/gamma"},
)

# PyTorchVideo's C2D and I3D.
PYTORCHVIDEO = NameMap(
    layers=_layers(
        stem="blocks.0.conv",
        stem_norm="blocks.0.norm",
        conv="blocks.{stage}.res_blocks.{block}.branch2.conv_{conv}",
        norm="blocks.{stage}.res_blocks.{block}.branch2.norm_{conv}",
        shortcut="blocks.{stage}.res_blocks.{block}.branch1_conv",
        shortcut_norm="blocks.{stage}.res_blocks.{block}.branch1_norm",
        logits="blocks.6.proj",
    ),
    words={
        "stage": {"1": "2", "3": "3", "4": "4", "5": "5"},  # 2 is the pooling after res2
        "conv": LETTERS,
    },
)

# PySlowFast's C2D, I3D and non-local networks: its slow pathway alone.
SLOWFAST = NameMap(
    layers=_layers(
        stem="s1.pathway0_stem.conv",
        stem_norm="s1.pathway0_stem.bn",
        conv="s{stage}.pathway0_res{block}.branch2.{conv}",
        norm="s{stage}.pathway0_res{block}.branch2.{conv}_bn",
        shortcut="s{stage}.pathway0_res{block}.branch1",
        shortcut_norm="s{stage}.pathway0_res{block}.branch1_bn",
        non_local="s{stage}.pathway0_nonlocal{block}.conv_{part}",
        non_local_norm="s{stage}.pathway0_nonlocal{block}.bn",
        logits="head.projection",
    ),
    words={"stage": STAGES_FROM_2, "conv": LETTERS, "part": PARTS},
)

# torchvision's ImageNet ResNets, which stride in the 3x3 convolution as these networks do.
TORCHVISION = NameMap(
    layers=_layers(
        stem="conv1",
        stem_norm="bn1",
        conv="layer{stage}.{block}.conv{conv}",
        norm="layer{stage}.{block}.bn{conv}",
        shortcut="layer{stage}.{block}.downsample.0",
        shortcut_norm="layer{stage}.{block}.downsample.1",
    ),
    words={"stage": STAGES_FROM_1, "conv": DIGITS},
    ignored=(*TORCH_COUNTERS, r"fc\.(weight|bias)"),  # the classifier of 1000 image classes
    two_dimensional=True,
    lacks=(f"{NON_LOCAL_SUFFIX}/", f"{LOGITS}/", *REGION_HEADS),
)

SOURCES: dict[str, NameMap] = {
    "caffe2": CAFFE2,
    "gluoncv": GLUONCV,
    "mmaction2": MMACTION2,
    "mmsegmentation": MMSEGMENTATION,
    "mmsegmentation_v1c": MMSEGMENTATION_V1C,
    "pytorchvideo": PYTORCHVIDEO,
    "slowfast": SLOWFAST,
    "torchvision": TORCHVISION,
    **DETECTION_SOURCES,
}
