"""MMAction2: I3D, its non-local networks in all modes, and C2D, whose kernels have no time."""

from .name_map import NameMap

MMACTION2 = NameMap(
    layers={
        "backbone.conv1.conv": "conv1_conv",
        "backbone.conv1.bn": "conv1_norm",
        "backbone.layer{stage}.{block}.conv{conv}.conv": "res{stage}_{block}_{conv}_conv",
        "backbone.layer{stage}.{block}.conv{conv}.bn": "res{stage}_{block}_{conv}_norm",
        "backbone.layer{stage}.{block}.downsample.conv": "res{stage}_{block}_shortcut_conv",
        "backbone.layer{stage}.{block}.downsample.bn": "res{stage}_{block}_shortcut_norm",
        "backbone.layer{stage}.{block}.non_local_block.{part}.conv": (
            "res{stage}_{block}_nonlocal/{part}"
        ),
        "backbone.layer{stage}.{block}.non_local_block.conv_out.bn": (
            "res{stage}_{block}_nonlocal/norm"
        ),
        "cls_head.fc_cls": "logits",
    },
    words={
        "stage": {"1": "2", "2": "3", "3": "4", "4": "5"},
        "conv": {"1": "1", "2": "2", "3": "3"},
        # phi and g are each the first of a pair; the second is their max pooling.
        "part": {"theta": "theta", "phi.0": "phi", "g.0": "g", "conv_out": "out"},
    },
)
