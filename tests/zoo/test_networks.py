"""The networks of all cards have the numbers of weights that the sources state.

For those of segmentation see `models/test_segmentation.py`.
"""

import json
from math import prod

import pytest

from keras_nonlocal import models
from keras_nonlocal.pretrained import card_names, read_card

pytestmark = pytest.mark.usefixtures("undrawn_weights")

CARDS = [card for card in map(read_card, card_names()) if card.clip]
# One card for each network: cards of one builder with equal arguments have the same network.
NETWORKS = {(card.builder, json.dumps(dict(card.arguments))): card for card in CARDS}

# Kernels of convolutions and of the classifier, with 400 classes.
KERNELS = {
    ("c2d_r50", 0): 24_274_112,
    ("c2d_r101", 0): 43_214_016,
    ("i3d_r50", 0): 27_989_952,
    ("i3d_r101", 0): 51_648_448,
    ("nl_c2d_r50", 5): 31_614_144,
    ("nl_i3d_r50", 5): 35_329_984,
    ("nl_i3d_r50", 10): 42_670_016,
    ("nl_i3d_r101", 5): 58_988_480,
    ("nl_i3d_r101", 10): 66_328_512,
}
EXCEPTIONS = {"mmaction2_heavy": 32_970_688, "gaussian": 31_659_968}

# Trainable parameters and moving statistics, where batch norms are not frozen.
PARAMETERS = {
    24_274_112: (24_327_632, 53_120),
    43_214_016: (43_319_760, 105_344),
    27_989_952: (28_043_472, 53_120),
    51_648_448: (51_754_192, 105_344),
    31_614_144: (31_686_096, 61_312),
    35_329_984: (35_401_936, 61_312),
    42_670_016: (42_760_400, 69_504),
    58_988_480: (59_112_656, 113_536),
    66_328_512: (66_471_120, 121_728),
    32_970_688: (33_024_208, 53_120),
    31_659_968: (31_723_728, 61_312),
}
WITHOUT_OUT_BIAS = {35_329_984: (35_397_840, 61_312)}  # MMAction2's blocks


def size(variables):
    return sum(prod(variable.shape) for variable in variables if "seed" not in variable.path)


@pytest.mark.parametrize(
    "card", NETWORKS.values(), ids=lambda card: card.name.replace("_kinetics400", "")
)
def test_the_network_is_built_and_has_the_published_size(card):
    model = getattr(models, card.builder)(
        input_shape=(card.clip.num_frames, *card.clip.size, 3),
        classes=len(card.classes),
        **card.arguments,
    )
    assert model.output_shape == (None, len(card.classes))
    if card.dataset != "kinetics400":
        return  # the network of this project, which no source counts
    variant = card.arguments["variant"]
    odd = {variant, card.arguments.get("instantiation")} & EXCEPTIONS.keys()
    expected = (
        EXCEPTIONS[odd.pop()] if odd else KERNELS[card.builder, card.arguments.get("blocks", 0)]
    )
    kernels = [variable for variable in model.trainable_weights if len(variable.shape) > 1]
    assert size(kernels) == expected
    if not variant.startswith("official_long"):
        counts = PARAMETERS | (WITHOUT_OUT_BIAS if variant == "mmaction2" else {})
        assert (size(model.trainable_weights), size(model.non_trainable_weights)) == counts[
            expected
        ]
