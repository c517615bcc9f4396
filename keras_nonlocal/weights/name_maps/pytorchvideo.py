"""PyTorchVideo: C2D and I3D, also as wrapped by PySlowFast, where all names begin with `model.`"""

from .name_map import NameMap

PYTORCHVIDEO = NameMap(
    layers={
        "blocks.0.conv": "conv1_conv",
        "blocks.0.norm": "conv1_norm",
        "blocks.{stage}.res_blocks.{block}.branch2.conv_{conv}": "res{stage}_{block}_{conv}_conv",
        "blocks.{stage}.res_blocks.{block}.branch2.norm_{conv}": "res{stage}_{block}_{conv}_norm",
        "blocks.{stage}.res_blocks.{block}.branch1_conv": "res{stage}_{block}_shortcut_conv",
        "blocks.{stage}.res_blocks.{block}.branch1_norm": "res{stage}_{block}_shortcut_norm",
        "blocks.6.proj": "logits",
    },
    words={
        "stage": {"1": "2", "3": "3", "4": "4", "5": "5"},  # 2 is the pooling between them
        "conv": {"a": "1", "b": "2", "c": "3"},
    },
    optional_prefix="model.",
)
