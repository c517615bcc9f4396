"""Parameters and multiply-adds equal published and recomputed values to the last digit."""

import math
from typing import NamedTuple

import pytest

from keras_nonlocal import models
from keras_nonlocal.cost import flops

pytestmark = pytest.mark.usefixtures("undrawn_weights")

COUNTS = [  # trainable, moving statistics
    ("c2d_r50", {}, 24_327_632, 53_120),
    ("c2d_r101", {}, 43_319_760, 105_344),
    ("i3d_r50", {}, 28_043_472, 53_120),
    ("i3d_r101", {}, 51_754_192, 105_344),
    ("nl_c2d_r50", {"blocks": 1}, 26_429_392, 55_168),
    ("nl_c2d_r50", {}, 31_686_096, 61_312),
    ("nl_c2d_r50", {"blocks": 10}, 39_044_560, 69_504),
    ("nl_i3d_r50", {}, 35_401_936, 61_312),
    ("nl_i3d_r50", {"blocks": 10}, 42_760_400, 69_504),
    ("nl_c2d_r101", {}, 50_678_224, 113_536),
    ("nl_i3d_r101", {}, 59_112_656, 113_536),
    ("nl_i3d_r101", {"blocks": 10}, 66_471_120, 121_728),
    ("i3d_r50", {"inflation": "3x3x3"}, 33_433_808, 53_120),
    ("i3d_r101", {"inflation": "3x3x3"}, 63_042_768, 105_344),
    ("nl_i3d_r50", {"variant": "mmaction2"}, 35_397_840, 61_312),
    (
        "nl_i3d_r50",
        {"variant": "mmaction2", "instantiation": "dot_product"},
        35_397_840,
        61_312,
    ),
    ("nl_i3d_r50", {"variant": "mmaction2", "instantiation": "gaussian"}, 31_723_728, 61_312),
    ("i3d_r50", {"variant": "mmaction2_heavy"}, 33_024_208, 53_120),
]

EIGHT, SLOWFAST = {"variant": "official_8x8"}, {"variant": "slowfast"}
GIGA_MACS = [  # builder, options, frames, side, multiply-adds / 1e9
    ("c2d_r50", {}, 32, 224, 20.23),
    ("c2d_r50", {}, 32, 256, 26.46),
    ("c2d_r101", {}, 32, 224, 35.08),
    ("c2d_r101", {}, 32, 256, 45.86),
    ("i3d_r50", {}, 32, 224, 32.83),
    ("i3d_r50", {}, 32, 256, 42.93),
    ("i3d_r101", {}, 32, 224, 51.38),
    ("i3d_r101", {}, 32, 256, 67.15),
    ("nl_c2d_r50", {"blocks": 1}, 32, 224, 21.42),
    ("nl_c2d_r50", {"blocks": 1}, 32, 256, 28.07),
    ("nl_c2d_r50", {}, 32, 224, 28.36),
    ("nl_c2d_r50", {}, 32, 256, 38.27),
    ("nl_c2d_r50", {"blocks": 10}, 32, 224, 36.49),
    ("nl_c2d_r50", {"blocks": 10}, 32, 256, 50.08),
    ("nl_i3d_r50", {}, 32, 224, 40.96),
    ("nl_i3d_r50", {}, 32, 256, 54.74),
    ("nl_c2d_r101", {}, 32, 224, 43.21),
    ("nl_c2d_r101", {}, 32, 256, 57.67),
    ("nl_i3d_r101", {}, 32, 224, 59.51),
    ("nl_i3d_r101", {}, 32, 256, 78.97),
    ("i3d_r101", {"inflation": "3x3x3"}, 32, 224, 61.86),
    ("i3d_r101", {"inflation": "3x3x3"}, 32, 256, 80.86),
    ("nl_i3d_r50", {"variant": "mmaction2"}, 32, 224, 44.34),
    ("nl_i3d_r50", {"variant": "mmaction2"}, 32, 256, 59.11),
    ("nl_i3d_r50", {"variant": "mmaction2", "instantiation": "gaussian"}, 32, 224, 41.72),
    ("nl_i3d_r50", {"variant": "mmaction2", "instantiation": "gaussian"}, 32, 256, 56.29),
    ("i3d_r50", {"variant": "mmaction2_heavy"}, 32, 224, 126.78),
    ("i3d_r50", {"variant": "mmaction2_heavy"}, 32, 256, 165.59),
    ("c2d_r50", EIGHT, 8, 224, 19.29),
    ("c2d_r50", EIGHT, 8, 256, 25.23),
    ("nl_c2d_r50", EIGHT, 8, 224, 27.42),
    ("nl_c2d_r50", EIGHT, 8, 256, 37.04),
    ("i3d_r50", EIGHT, 8, 224, 28.11),
    ("i3d_r50", EIGHT, 8, 256, 36.76),
    ("nl_i3d_r50", EIGHT, 8, 224, 36.24),
    ("nl_i3d_r50", EIGHT, 8, 256, 48.57),
    ("c2d_r50", SLOWFAST, 8, 224, 19.49),
    ("c2d_r50", SLOWFAST, 8, 256, 25.46),
    ("nl_c2d_r50", SLOWFAST, 8, 224, 27.62),
    ("nl_c2d_r50", SLOWFAST, 8, 256, 37.27),
    ("i3d_r50", SLOWFAST, 8, 224, 28.41),
    ("i3d_r50", SLOWFAST, 8, 256, 37.10),
    ("nl_i3d_r50", SLOWFAST, 8, 224, 36.54),
    ("nl_i3d_r50", SLOWFAST, 8, 256, 48.92),
    ("nl_i3d_r50", {"variant": "gluoncv"}, 32, 224, 53.31),
    ("nl_i3d_r50", {"variant": "gluoncv", "blocks": 10}, 32, 224, 73.49),
    ("nl_i3d_r101", {"variant": "gluoncv"}, 32, 224, 71.86),
    ("nl_i3d_r101", {"variant": "gluoncv", "blocks": 10}, 32, 224, 92.04),
]


class Measured(NamedTuple):
    trainable: int
    moving: int
    flops: dict  # Flops by frames and side


@pytest.fixture(scope="module")
def measure():
    """Counts of a network, which is built once, as large networks take seconds, and not stored."""
    counts = {}

    def get(builder, options):
        key = builder, tuple(sorted(options.items()))
        if key not in counts:
            model = getattr(models, builder)(**options)
            moving = [w for w in model.non_trainable_weights if "moving" in w.path]
            sizes = [row[2:4] for row in GIGA_MACS if row[:2] == (builder, options)]
            counted = {size: flops(model, (size[0], size[1], size[1], 3)) for size in sizes}
            counts[key] = Measured(count(model.trainable_weights), count(moving), counted)
        return counts[key]

    return get


def count(weights):
    return sum(math.prod(weight.shape) for weight in weights)


@pytest.mark.parametrize(("builder", "options", "trainable", "moving"), COUNTS)
def test_number_of_parameters(measure, builder, options, trainable, moving):
    network = measure(builder, options)
    assert (network.trainable, network.moving) == (trainable, moving)


@pytest.mark.parametrize(("builder", "options", "frames", "side", "expected"), GIGA_MACS)
def test_number_of_multiply_adds(measure, builder, options, frames, side, expected):
    total = measure(builder, options).flops[frames, side].total_macs
    assert f"{total / 1e9:.2f}" == f"{expected:.2f}"


def test_table_2e_of_the_paper(measure):
    """Parameters and multiply-adds of ResNet-101 networks, relative to C2D."""
    base = measure("c2d_r101", {}).flops[32, 224]
    for builder, options, parameters, macs in [
        ("i3d_r101", {}, "1.2", "1.5"),
        ("i3d_r101", {"inflation": "3x3x3"}, "1.5", "1.8"),
        ("nl_c2d_r101", {}, "1.2", "1.2"),
    ]:
        cost = measure(builder, options).flops[32, 224]
        assert f"{cost.parameters / base.parameters:.1f}" == parameters
        assert f"{cost.total_macs / base.total_macs:.1f}" == macs


def test_number_of_parameters_of_nl_fcn_r50():
    model = models.nl_fcn_r50(auxiliary_head=True)
    assert f"{count(model.trainable_weights) / 1e6:.1f}" == "50.0"


@pytest.mark.parametrize("builder", ["c2d_small", "i3d_small", "nl_c2d_small", "nl_i3d_small"])
def test_docstring_states_the_number_of_parameters(builder):
    model = getattr(models, builder)()
    assert f"{count(model.trainable_weights):,}" in getattr(models, builder).__doc__
