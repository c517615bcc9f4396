"""PySlowFast: C2D, I3D and non-local networks, which are its slow pathway alone."""

from .name_map import NameMap

SLOWFAST = NameMap(
    layers={
        "s1.pathway0_stem.conv": "conv1_conv",
        "s1.pathway0_stem.bn": "conv1_norm",
        "s{stage}.pathway0_res{block}.branch2.{conv}": "res{stage}_{block}_{conv}_conv",
        "s{stage}.pathway0_res{block}.branch2.{conv}_bn": "res{stage}_{block}_{conv}_norm",
        "s{stage}.pathway0_res{block}.branch1": "res{stage}_{block}_shortcut_conv",
        "s{stage}.pathway0_res{block}.branch1_bn": "res{stage}_{block}_shortcut_norm",
        "s{stage}.pathway0_nonlocal{block}.conv_{part}": "res{stage}_{block}_nonlocal/{part}",
        "s{stage}.pathway0_nonlocal{block}.bn": "res{stage}_{block}_nonlocal/norm",
        "head.projection": "logits",
    },
    words={
        "stage": {"2": "2", "3": "3", "4": "4", "5": "5"},
        "conv": {"a": "1", "b": "2", "c": "3"},
        "part": {"theta": "theta", "phi": "phi", "g": "g", "out": "out"},
    },
)
