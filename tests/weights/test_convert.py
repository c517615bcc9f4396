"""Conversion is exact, and all or nothing."""

import re

import keras
import numpy as np
import pytest
from weights.name_maps.synthetic import entries, their_layout

from keras_nonlocal import models
from keras_nonlocal.weights import convert
from keras_nonlocal.weights.assign import named_weights

pytestmark = pytest.mark.usefixtures("undrawn_weights", "narrow_networks")

VARIANTS = {
    "caffe2": "official_32x2",
    "slowfast": "slowfast",
    "mmaction2": "mmaction2",
    "gluoncv": "gluoncv",
    "pytorchvideo": "pytorchvideo",
}


def values(model):
    return {
        name: keras.ops.convert_to_numpy(variable).copy()
        for name, variable in named_weights(model).items()
    }


def random_array(shape, rng):
    return rng.random(shape, "float32")  # four times as fast as normally distributed numbers


def checkpoint(source, model, blocks, seed=0):
    """Returns random tensors with the names and layout of the source, and those of this package."""
    rng = np.random.default_rng(seed)
    names = {target_name: source_name for source_name, target_name in entries(source, 50, blocks)}
    expected = {name: random_array(v.shape, rng) for name, v in named_weights(model).items()}
    return {names[name]: their_layout(name, array) for name, array in expected.items()}, expected


def assert_holds(model, expected):
    for name, value in values(model).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


@pytest.fixture(scope="module")
def network():
    """A non-local I3D of the authors, whose weights the tests overwrite."""
    return models.nl_i3d_r50()


@pytest.fixture(scope="module")
def plain_network():
    """An I3D of PyTorchVideo, whose weights the tests overwrite."""
    return models.i3d_r50(variant="pytorchvideo")


@pytest.mark.parametrize(("source", "variant"), VARIANTS.items())
def test_every_tensor_is_converted_exactly(source, variant):
    blocks = 0 if source == "pytorchvideo" else 5
    model = getattr(models, "nl_i3d_r50" if blocks else "i3d_r50")(variant=variant)
    tensors, expected = checkpoint(source, model, blocks)
    report = convert(tensors, model, source)
    assert_holds(model, expected)
    assert len(report.rows) == len(expected)
    for row in report.rows:
        assert row.source_shape == tensors[row.source_name].shape
        assert row.target_shape == expected[row.target_name].shape


@pytest.mark.parametrize("prefix", ["model.", "module.", "_orig_mod.", "ema_model."])
def test_names_may_have_a_prefix_and_the_report_says_so(plain_network, prefix):
    model = plain_network
    tensors, expected = checkpoint("pytorchvideo", model, 0, seed=4)
    wrapped = {f"{prefix}{name}": array for name, array in tensors.items()}
    report = convert({"n_averaged": np.int64(7), **wrapped}, model, "pytorchvideo")
    assert_holds(model, expected)
    assert str(report).endswith(f"i3d_r50; its names are read without {prefix}")
    assert report.rows[0].source_name == f"{prefix}blocks.0.conv.weight"


def test_two_entries_for_one_tensor_are_refused(plain_network):
    model = plain_network
    tensors, _ = checkpoint("pytorchvideo", model, 0)
    before = values(model)
    tensors["model.blocks.0.conv.weight"] = tensors["blocks.0.conv.weight"]
    with pytest.raises(ValueError, match=r"model\.blocks\.0\.conv\.weight"):
        convert(tensors, model, "pytorchvideo")
    assert_holds(model, before)


def test_2d_kernels_get_a_time_axis_of_one_frame():
    model = models.c2d_r50(variant="mmaction2_c2d")
    tensors, expected = checkpoint("mmaction2", model, 0)
    flat = {n: a[:, :, 0] if a.ndim == 5 else a for n, a in tensors.items()}
    report = convert(flat, model, "mmaction2")
    assert_holds(model, expected)
    assert "conv1_conv/kernel" in str(report)


def test_2d_kernels_do_not_fit_longer_3d_kernels():
    model = models.i3d_r50(variant="mmaction2")
    tensors, _ = checkpoint("mmaction2", model, 0)
    tensors["backbone.conv1.conv.weight"] = tensors["backbone.conv1.conv.weight"][:, :, 0]
    before = values(model)
    expected = r"conv1_conv/kernel: expected \(5, 7, 7, 3, 8\), received \(1, 7, 7, 3, 8\)"
    with pytest.raises(ValueError, match=expected):
        convert(tensors, model, "mmaction2")
    assert_holds(model, before)


def test_the_classifier_may_be_a_convolution(network):
    tensors, expected = checkpoint("caffe2", network, 5)
    tensors["pred_w"] = tensors["pred_w"][:, :, None, None, None]
    convert(tensors, network, "caffe2")
    assert_holds(network, expected)


def test_training_state_in_a_pickle_is_ignored_and_reported(network):
    tensors, expected = checkpoint("caffe2", network, 5)
    tensors |= {
        "model_iter": 400000,
        "lr": np.float32(1e-4),
        "conv1_w_momentum": tensors["conv1_w"],
    }
    report = convert(tensors, network, "caffe2")
    assert_holds(network, expected)
    ignored = {row.source_name for row in report.rows if row.action.startswith("ignored")}
    assert ignored == {"model_iter", "lr", "conv1_w_momentum"}


def test_norms_without_statistics_become_a_scale_and_a_shift():
    """The norms compute `gamma x + beta`."""
    model = models.nl_i3d_r50(variant="official_long")
    tensors, expected = checkpoint("caffe2", model, 5)
    tensors = {name: array for name, array in tensors.items() if not name.endswith(("_rm", "_riv"))}
    assert len(tensors) == 201
    convert(tensors, model, "caffe2")
    after = values(model)
    for name, array in expected.items():
        if "moving" not in name:
            np.testing.assert_array_equal(after[name], array)
    layer = model.get_layer("res4_0_shortcut_norm")
    x = np.random.default_rng(1).normal(size=(1, 2, 3, 4, 128)).astype("float32")
    expected = expected[f"{layer.name}/gamma"] * x + expected[f"{layer.name}/beta"]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-6, atol=1e-6)


def test_a_single_missing_statistic_is_an_error(network):
    tensors, _ = checkpoint("caffe2", network, 5)
    del tensors["res2_0_branch1_bn_rm"]
    before = values(network)
    with pytest.raises(ValueError, match="res2_0_shortcut_norm/moving_mean"):
        convert(tensors, network, "caffe2")
    assert_holds(network, before)


def with_duplicates(tensors):
    """Adds the second names of tensors whose layers GluonCV's modules hold twice."""
    again = {
        ".nonlocal_block.W.": ".nonlocal_block.W_bn.0.",
        ".nonlocal_block.bn.": ".nonlocal_block.W_bn.1.",
    }
    second = {
        name.replace(first, other): array
        for name, array in tensors.items()
        for first, other in again.items()
        if first in name
    }
    return (
        tensors | second | {f"head.1.{part}": tensors[f"fc.{part}"] for part in ("weight", "bias")}
    )


def test_second_names_of_a_tensor_are_compared_and_ignored():
    model = models.nl_i3d_r50(variant="gluoncv")
    tensors, expected = checkpoint("gluoncv", model, 5)
    twice = with_duplicates(tensors)
    assert len(twice) == len(tensors) + 5 * 6 + 2
    report = convert(twice, model, "gluoncv")
    assert_holds(model, expected)
    assert sum(row.action.startswith("ignored: the same as") for row in report.rows) == 32

    twice["head.1.bias"] = twice["head.1.bias"] + 1
    with pytest.raises(ValueError, match=r"head\.1\.bias must have the values of fc\.bias"):
        convert(twice, model, "gluoncv")
    assert_holds(model, expected)


FAULTS = {
    "missing": (lambda tensors: tensors.pop("res3_1_branch2b_w"), "res3_1_2_conv/kernel"),
    "left over": (
        lambda tensors: tensors.update(res9_0_branch2a_w=np.zeros((1, 1, 1, 1, 1))),
        "res9_0_branch2a_w",
    ),
    "of another network": (
        lambda tensors: tensors.update(nonlocal_conv5_0_g_b=np.zeros(128)),
        "nonlocal_conv5_0_g_b",
    ),
    "shape": (lambda tensors: tensors.update(pred_w=np.zeros((174, 256))), r"\(256, 174\)"),
    "axes": (
        lambda tensors: tensors.update(conv1_w=np.moveaxis(tensors["conv1_w"], 0, -1)),
        "conv1_conv/kernel",
    ),
    "complex": (lambda tensors: tensors.update(pred_b=np.zeros(400, "c8")), "pred_b must be an"),
    "not numbers": (lambda tensors: tensors.update(pred_b=["a"] * 400), "pred_b must be an array"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_checkpoint_that_does_not_fit_is_an_error_and_changes_nothing(network, fault):
    tensors, _ = checkpoint("caffe2", network, 5, seed=3)
    before = values(network)
    spoil, culprit = FAULTS[fault]
    spoil(tensors)
    with pytest.raises(ValueError, match=culprit):
        convert(tensors, network, "caffe2")
    assert_holds(network, before)


def test_the_error_lists_the_names_of_both_sides(network):
    tensors, _ = checkpoint("caffe2", network, 5)
    tensors["conv_one_w"] = tensors.pop("conv1_w")
    with pytest.raises(ValueError, match="does not fit the model 'nl_i3d_r50'") as error:
        convert(tensors, network, "caffe2")
    assert "only in the model:   ['conv1_conv/kernel']" in str(error.value)
    assert "only in the weights: ['conv_one_w']" in str(error.value)


def test_an_unknown_source_is_an_error(network):
    before = values(network)
    with pytest.raises(ValueError, match=r"'caffe2', 'gluoncv'.*source='tensorflow'"):
        convert({}, network, "tensorflow")
    assert_holds(network, before)


def image_checkpoint(model, seed=0):
    """Returns a checkpoint of torchvision's ResNet-50 with random weights."""
    rng = np.random.default_rng(seed)
    variables = named_weights(model)
    tensors = {}
    for name, target_name in entries("torchvision", 50):
        shape = variables[target_name].shape
        array = random_array(shape[1:] if len(shape) == 5 else shape, rng)
        tensors[name] = np.transpose(array, (3, 2, 0, 1)) if array.ndim == 4 else array
    return tensors | {
        "fc.weight": random_array((1000, 256), rng),
        "fc.bias": random_array((1000,), rng),
        "bn1.num_batches_tracked": np.int64(0),
    }


def test_an_image_network_is_inflated(network):
    tensors = image_checkpoint(network)
    before = values(network)
    report = convert(tensors, network, "torchvision")
    after = values(network)
    kernel = np.transpose(tensors["conv1.weight"], (2, 3, 1, 0))
    np.testing.assert_allclose(after["conv1_conv/kernel"], np.stack([kernel] * 5) / 5, rtol=1e-6)
    kept = {row.target_name for row in report.rows if row.action.startswith("kept")}
    assert kept == {name for name in after if "_nonlocal/" in name or "logits/" in name}
    for name in kept:
        np.testing.assert_array_equal(after[name], before[name])


def test_the_report_is_a_table_of_all_tensors(network):
    tensors, _ = checkpoint("caffe2", network, 5)
    lines = str(convert(tensors, network, "caffe2")).splitlines()
    assert len(lines) == 1 + 327 + 1
    assert re.split(" {2,}", lines[0]) == [
        "in the checkpoint",
        "shape",
        "in the model",
        "shape",
        "action",
    ]
    assert lines[1].split("  ")[0] == "conv1_w"
    assert "8 x 3 x 5 x 7 x 7" in lines[1]
    assert "5 x 7 x 7 x 3 x 8" in lines[1]
    assert "327 rows: a caffe2 checkpoint" in lines[-1]
