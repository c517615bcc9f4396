"""The segmentation networks: sizes, dilations and heads."""

from math import prod

import numpy as np
import pytest
from backend import answer

from keras_nonlocal import models
from keras_nonlocal.cost import plan

pytestmark = pytest.mark.usefixtures("undrawn_weights")


def test_logits_have_the_size_of_the_input():
    model = models.nl_fcn_r50(classes=4)
    for size in ((64, 96), (65, 81)):
        x = np.zeros((1, *size, 3), "float32")
        assert answer(model, x).shape == (1, *size, 4)


def test_feature_sizes_and_dilations():
    features = models.nl_fcn_r50(include_top=False, input_shape=(128, 64, 3))
    assert [tuple(out.shape[1:3]) for out in features.stage_outputs.values()] == [
        (32, 16),
        (16, 8),
        (16, 8),
        (16, 8),
    ]
    dilations = [features.get_layer(f"res4_{i}_2_conv").dilation_rate[0] for i in range(6)]
    assert dilations == [1, 2, 2, 2, 2, 2]
    assert [features.get_layer(f"res5_{i}_2_conv").dilation_rate[0] for i in range(3)] == [2, 4, 4]


def test_fcn_is_nl_fcn_without_the_block():
    names = {layer.name for layer in models.nl_fcn_r50().layers}
    assert names - {layer.name for layer in models.fcn_r50().layers} == {"head_nonlocal"}


@pytest.mark.parametrize(
    ("builder", "parameters"),
    [
        ("fcn_r50", 49_497_734),
        ("nl_fcn_r50", 50_023_814),
        ("gc_fcn_r50", 49_630_215),
        ("dnl_fcn_r50", 50_024_327),
        ("cc_fcn_r50", 49_826_055),
        ("nl_fcn_r101", 69_015_942),
    ],
)
def test_networks_have_the_size_of_those_of_mmsegmentation(builder, parameters):
    """Trainable parameters with 19 classes and the auxiliary head."""
    model = getattr(models, builder)(auxiliary_head=True)
    assert sum(prod(weight.shape) for weight in model.trainable_weights) == parameters


@pytest.mark.parametrize(
    ("stride", "sizes"),
    [(4, (16,) * 4), (8, (16, 8, 8, 8)), (16, (16, 8, 4, 4)), (32, (16, 8, 4, 2))],
)
def test_strides_of_the_features(stride, sizes):
    features = models.fcn_small(include_top=False, output_stride=stride, input_shape=(64, 64, 3))
    assert tuple(out.shape[1] for out in features.stage_outputs.values()) == sizes
    weights = [weight.shape for weight in models.fcn_small(output_stride=stride).weights]
    assert weights == [weight.shape for weight in models.fcn_small().weights]


def test_auxiliary_head_reads_res4():
    model = models.fcn_r50(auxiliary_head=True, classes=5)
    assert set(model.output) == {"logits", "auxiliary"}
    assert model.get_layer("auxiliary_0_conv").input._keras_history.operation.name == "res4_5_out"


def test_large_images_are_computed_in_blocks():
    (row,) = plan(models.nl_fcn_r101(), (512, 1024, 3)).blocks
    assert (row.positions, row.keys, row.form) == (8192, 8192, "blocked")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (32, 224, 224, 3)}, r"must be \(H, W, C\)"),
        ({"classes": -1}, "classes=-1"),
        ({"weights": "cityscapes.weights.h5"}, "no weights file"),
        ({"output_stride": 5}, "4, 8, 16, 32"),
        ({"weights": "kinetics400"}, "cityscapes"),
    ],
)
def test_invalid_arguments_are_refused(options, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        models.nl_fcn_r50(**options)
