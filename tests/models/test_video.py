"""Builders of video networks: outputs, blocks, variants, weights and errors."""

import keras
import numpy as np
import pytest
from backend import answer

from keras_nonlocal import models
from keras_nonlocal.backbones import VARIANTS
from keras_nonlocal.layers import NonLocal3D

SMALL = ["c2d_small", "i3d_small", "nl_c2d_small", "nl_i3d_small"]


def predicted(model, x):
    """What a model says of one batch in a graph, which takes long to trace."""
    return model.predict(x, verbose=0)


def clip(frames=8, height=64, width=80, batch=2, seed=0):
    shape = (batch, frames, height, width, 3)
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def copy_weights(source, target):
    """Copies the weights whose paths are in both models."""
    values = {weight.path: keras.ops.convert_to_numpy(weight) for weight in source.weights}
    for weight in target.weights:
        if weight.path in values:
            weight.assign(values[weight.path])


@pytest.mark.parametrize(
    ("plain", "variant", "run"),
    [
        ("c2d", "official_8x8", predicted),  # one graph of each kind of network
        ("i3d", "official_8x8", answer),
        ("c2d", "official_long_32x4", answer),
        ("i3d", "official_long_32x4", answer),
        ("c2d", "mmaction2", answer),
        ("i3d", "mmaction2", predicted),
        ("c2d", "gluoncv", answer),
        ("i3d", "gluoncv", answer),
    ],
)
def test_new_blocks_do_not_change_the_output(plain, variant, run):
    without = getattr(models, f"{plain}_small")(variant=variant)
    with_blocks = getattr(models, f"nl_{plain}_small")(variant=variant)
    copy_weights(without, with_blocks)
    x = clip(32, 48, 56, batch=1)
    np.testing.assert_array_equal(run(with_blocks, x), run(without, x))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_accepts_its_own_clips(variant):
    frames = VARIANTS[variant].frames
    model = models.nl_i3d_small(variant=variant, classes=7)
    scores = answer(model, clip(frames, 32, 32, batch=1))
    assert scores.shape == (1, 7)
    np.testing.assert_allclose(scores.sum(), 1, atol=1e-5)


@pytest.mark.parametrize("builder", SMALL)
def test_clips_of_any_size(builder):
    model = getattr(models, builder)(variant="official_8x8", classes=5)
    # The graph of a network with blocks has all operations of that without.
    run = predicted if builder.startswith("nl_") else answer
    for x in (clip(8, 64, 80), clip(9, 104, 125, batch=1), clip(12, 33, 32)):
        assert run(model, x).shape == (len(x), 5)


@pytest.mark.parametrize("include_top", [True, False])
def test_input_tensor_of_another_layer(include_top, tmp_path):
    plain = models.nl_c2d_small(include_top=include_top, classes=3)
    plain.save_weights(tmp_path / "w.weights.h5")
    inputs = keras.Input((8, 64, 64, 3), name="pixels")
    scaled = keras.layers.Normalization(mean=3.0, variance=4.0)(inputs)
    options = {"include_top": include_top, "classes": 3, "weights": tmp_path / "w.weights.h5"}
    model = models.nl_c2d_small(input_tensor=scaled, **options)
    assert model.input is inputs
    x = clip(8, 64, 64)
    np.testing.assert_allclose(answer(model, x), answer(plain, (x - 3) / 2), rtol=1e-4, atol=1e-6)
    if not include_top:
        assert list(model.pyramid_level_inputs) == ["P2", "P3", "P4", "P5"]


def test_features_load_weights_of_features_and_of_classifiers(tmp_path):
    features, classifier = models.c2d_small(include_top=False), models.c2d_small(classes=10)
    for model in (features, classifier):
        model.save_weights(tmp_path / "w.weights.h5")
        again = models.c2d_small(include_top=False, weights=tmp_path / "w.weights.h5")
        for weight, expected in zip(again.weights, model.weights, strict=False):
            np.testing.assert_array_equal(weight.numpy(), expected.numpy(), err_msg=expected.path)
        assert len(again.weights) == len(features.weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": 5}, "`weights` must be a name or a path"),
        ({"method": "quick"}, "`method` must be one of"),
        ({"input_shape": (8, 16, 16, 3)}, "`pool_size` must fit into"),
        ({"variant": "official_long", "input_shape": (24, 64, 64, 3)}, "`temporal_groups` must"),
    ],
)
def test_invalid_arguments_of_non_local_networks_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        models.nl_i3d_small(**options)


@pytest.mark.parametrize("options", [{"axes": "space"}, {"instantiation": "gaussian"}])
def test_plain_networks_refuse_arguments_of_blocks(options):
    with pytest.raises(ValueError, match="Use nl_c2d_small, which has non-local blocks"):
        models.c2d_small(**options)


def test_logits_are_float32_under_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = models.c2d_small(classes=3)
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.get_layer("logits").compute_dtype == "float32"
    assert model.get_layer("res5_1_2_conv").compute_dtype == "bfloat16"


def test_builders_refuse_channels_first():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match="needs channels last"):
            models.c2d_small()
        with pytest.raises(ValueError, match="NonLocal3D needs channels last"):
            NonLocal3D()
    finally:
        keras.config.set_image_data_format("channels_last")


def test_classifier_activation_none_returns_logits():
    x = clip(8)
    for variant in ("official_8x8", "pytorchvideo"):
        model = models.nl_c2d_small(variant=variant, classifier_activation=None)
        soft = models.nl_c2d_small(variant=variant)
        copy_weights(model, soft)
        logits = answer(model, x)
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        expected = exponents / exponents.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(answer(soft, x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("builder", "options", "message"),
    [
        ("nl_i3d_r50", {"blocks": 3}, r"one of \[1, 5, 10\] for 50 layers"),
        ("nl_i3d_r50", {"blocks": {"res4": (6,)}}, "residual blocks 0 to 5"),
        ("i3d_r50", {"blocks": 5}, "Use nl_i3d_r50"),
        ("c2d_r50", {"inflation": "3x1x1"}, "Use an I3D builder"),
        ("i3d_r50", {"inflation": "5x1x1"}, "'3x1x1', '3x3x3'"),
        ("nl_i3d_r50", {"variant": "paper"}, "'official_32x2'"),
        ("nl_i3d_r50", {"instantiation": "softmax"}, "'embedded_gaussian'"),
        ("nl_i3d_r50", {"axes": "frames"}, "'spacetime'"),
        ("nl_i3d_r50", {"pooling": "mean"}, "'avg', 'max'"),
        ("nl_i3d_r50", {"classes": 0}, "classes=0"),
        ("nl_i3d_r50", {"input_shape": (224, 224, 3)}, r"must be \(T, H, W, C\)"),
        ("nl_i3d_r50", {"input_shape": (4, 224, 224, 3)}, "at least 8 frames"),
        ("nl_i3d_r50", {"input_shape": (32, 224, 224, None)}, "number of channels"),
        (
            "nl_i3d_r50",
            {"weights": "kinetics9000"},
            "`weights` of nl_i3d_r50 must be None, .*'imagenet'",
        ),
        (
            "c2d_small",
            {"weights": "kinetics9000"},
            r"must be None, the path of a .weights.h5 file\.",
        ),
    ],
)
def test_invalid_arguments_are_refused(builder, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(models, builder)(**options)


@pytest.mark.parametrize("axes", ["space", "time"])
@pytest.mark.parametrize("instantiation", ["dot_product", "concatenation", "gaussian"])
def test_ablations_of_table_2(axes, instantiation):
    model = models.nl_c2d_small(axes=axes, instantiation=instantiation, classes=3)
    assert answer(model, clip(16)).shape == (2, 3)


def test_weights_files_load_into_classifier_and_features(tmp_path):
    model = models.nl_c2d_small(classes=6)
    path = tmp_path / "own.weights.h5"
    model.save_weights(path)
    again = models.nl_c2d_small(classes=6, weights=path)
    x = clip(16)
    np.testing.assert_array_equal(answer(again, x), answer(model, x))
    features = models.nl_c2d_small(classes=6, weights=str(path), include_top=False)
    inner = keras.Model(model.inputs, model.get_layer("res5_1_out").output)
    np.testing.assert_array_equal(answer(features, x), answer(inner, x))


def test_weights_files_that_do_not_fit_are_refused(tmp_path):
    path = tmp_path / "own.weights.h5"
    models.c2d_small(classes=6).save_weights(path)
    with pytest.raises(ValueError, match="does not fit the model"):
        models.nl_c2d_small(classes=6, weights=path)
    with pytest.raises(FileNotFoundError, match="no weights file"):
        models.c2d_small(weights=tmp_path / "absent.weights.h5")
    garbage = tmp_path / "garbage.weights.h5"
    garbage.write_bytes(b"not a weights file")
    with pytest.raises(ValueError, match="garbage"):
        models.c2d_small(weights=garbage)


@pytest.mark.parametrize("kind", ["global_context", "disentangled"])
def test_blocks_may_be_relatives(kind):
    model = models.nl_i3d_small(classes=3, kind=kind, input_shape=(8, 32, 32, 3))
    names = [layer.name for layer in model.layers if layer.name.endswith("_nonlocal")]
    assert names == ["res3_1_nonlocal", "res4_0_nonlocal"]
    plain = models.i3d_small(classes=3, input_shape=(8, 32, 32, 3))
    for layer in plain.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    x = np.random.default_rng(0).normal(size=(1, 8, 32, 32, 3)).astype("float32")
    np.testing.assert_array_equal(  # fresh blocks are the identity
        *(keras.ops.convert_to_numpy(each(x, training=False)) for each in (model, plain))
    )
    with pytest.raises(ValueError, match="take no `instantiation`"):
        models.nl_i3d_small(kind=kind, instantiation="gaussian")
