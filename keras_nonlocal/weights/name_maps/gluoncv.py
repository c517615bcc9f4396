"""GluonCV's PyTorch files: I3D with and without non-local blocks.

Their modules hold some layers twice, so their files hold some tensors under a second name.
"""

from .name_map import NameMap

GLUONCV = NameMap(
    layers={
        "first_stage.0": "conv1_conv",
        "first_stage.1": "conv1_norm",
        "res_layers.{stage}.{block}.conv{conv}": "res{stage}_{block}_{conv}_conv",
        "res_layers.{stage}.{block}.bn{conv}": "res{stage}_{block}_{conv}_norm",
        "res_layers.{stage}.{block}.downsample.0": "res{stage}_{block}_shortcut_conv",
        "res_layers.{stage}.{block}.downsample.1": "res{stage}_{block}_shortcut_norm",
        "res_layers.{stage}.{block}.nonlocal_block.{part}": "res{stage}_{block}_nonlocal/{part}",
        "res_layers.{stage}.{block}.nonlocal_block.bn": "res{stage}_{block}_nonlocal/norm",
        "fc": "logits",
    },
    words={
        "stage": {"0": "2", "1": "3", "2": "4", "3": "5"},
        "conv": {"1": "1", "2": "2", "3": "3"},
        "part": {"theta": "theta", "phi": "phi", "g": "g", "W": "out"},
    },
    duplicates={
        "res_layers.{stage}.{block}.nonlocal_block.W_bn.0": "res{stage}_{block}_nonlocal/out",
        "res_layers.{stage}.{block}.nonlocal_block.W_bn.1": "res{stage}_{block}_nonlocal/norm",
        "head.1": "logits",
    },
)
