"""torchvision's ImageNet ResNets, which stride in the 3x3 convolution as these networks do."""

from ...utils.roles import LOGITS, NON_LOCAL_SUFFIX
from .name_map import TORCH_COUNTER, NameMap

TORCHVISION = NameMap(
    layers={
        "conv1": "conv1_conv",
        "bn1": "conv1_norm",
        "layer{stage}.{block}.conv{conv}": "res{stage}_{block}_{conv}_conv",
        "layer{stage}.{block}.bn{conv}": "res{stage}_{block}_{conv}_norm",
        "layer{stage}.{block}.downsample.0": "res{stage}_{block}_shortcut_conv",
        "layer{stage}.{block}.downsample.1": "res{stage}_{block}_shortcut_norm",
    },
    words={
        "stage": {"1": "2", "2": "3", "3": "4", "4": "5"},
        "conv": {"1": "1", "2": "2", "3": "3"},
    },
    ignored=(TORCH_COUNTER, r"fc\.(weight|bias)"),  # the classifier of the 1000 image classes
    two_dimensional=True,
    lacks=(f"{NON_LOCAL_SUFFIX}/", f"{LOGITS}/"),
)
