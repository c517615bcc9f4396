"""The models for training and for inference share their weights."""

import keras
import numpy as np
import pytest
from keras.layers import BatchNormalization

from keras_nonlocal.tasks.video_classification.network import build, loss_of, metrics_of
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.norm_layers import norms
from keras_nonlocal.training.optimizers.factory import optimizer
from keras_nonlocal.training.optimizers.schedules import learning_rate

CLASSES = 3
RECIPE = VideoRecipe(
    "nl_c2d_small",
    num_frames=2,
    frame_stride=1,
    size=(32, 32),
    arguments={"variant": "slowfast", "blocks": 1, "dropout": 0.0},
    epochs=1,
)
CLIPS = np.random.default_rng(0).normal(size=(4, 8, 32, 32, 3)).astype("float32")
ROWS = np.eye(CLASSES, dtype="float32")[[0, 1, 2, 0]]


def variant(name):
    return RECIPE.changed(arguments={**RECIPE.arguments, "variant": name})


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("name", ["slowfast", "pytorchvideo", "mmaction2"])  # three kinds of heads
def test_probabilities_are_the_softmax_of_the_logits(name):
    network = build(variant(name), CLASSES)
    logits, probabilities = network.trainer(CLIPS), network.inference(CLIPS)
    assert (tuple(logits.shape), logits.dtype) == ((4, CLASSES), "float32")
    np.testing.assert_allclose(softmax(np.float64(logits)), probabilities, atol=1e-6)
    assert np.ptp(probabilities) > 1e-4


@pytest.mark.parametrize("name", ["slowfast", "pytorchvideo"])
def test_logits_are_averaged_over_windows(name):
    """Features of 9 x 9 positions have nine windows of 7 x 7."""
    network = build(variant(name), CLASSES)
    windows = keras.Model(network.inference.input, network.inference.get_layer("logits").output)
    clips = np.random.default_rng(1).normal(size=(1, 2, 288, 288, 3)).astype("float32")
    window_logits = np.float64(windows(clips))
    assert window_logits.shape == (1, 1, 3, 3, CLASSES)
    np.testing.assert_allclose(network.trainer(clips), window_logits.mean((1, 2, 3)), atol=1e-6)


def test_both_models_share_their_weights():
    network = build(RECIPE, CLASSES)
    pairs = zip(network.trainer.weights, network.inference.weights, strict=True)
    assert all(one is other for one, other in pairs)


def test_multi_label_recipe_has_sigmoids():
    network = build(RECIPE.changed(multi_label=True), CLASSES)
    logits = np.float64(network.trainer(CLIPS))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), network.inference(CLIPS), atol=1e-6)


def changed_norms(recipe):
    """Whether each weight of each batch norm changes in a training step."""
    network = build(recipe, CLASSES)
    sgd = optimizer(recipe, learning_rate(recipe, 1), network.trainer)
    metrics = metrics_of(recipe, CLASSES)
    network.trainer.compile(sgd, loss_of(recipe), metrics=metrics, run_eagerly=True)
    moving = [norm for norm in norms(network.trainer) if isinstance(norm, BatchNormalization)]
    before = [norm.get_weights() for norm in moving]
    others = [each.numpy() for each in network.trainer.trainable_variables]
    network.trainer.train_on_batch(CLIPS, ROWS)
    moved = [
        np.abs(each - other).max()
        for each, other in zip(network.trainer.trainable_variables, others, strict=True)
    ]
    assert max(moved) > 0
    return [
        [not np.array_equal(*pair) for pair in zip(one, norm.get_weights(), strict=True)]
        for one, norm in zip(before, moving, strict=True)
    ]


def test_frozen_norms_keep_scales_offsets_and_statistics():
    assert not np.any(changed_norms(RECIPE.changed(frozen_norms=True)))


def test_norms_that_are_not_frozen_change():
    changed = np.array(changed_norms(RECIPE))
    assert changed[:, 2:].all()  # moving mean and variance
    assert changed[:, :2].any()


def test_variant_with_frozen_norms_stays_frozen():
    network = build(variant("official_long"), CLASSES)
    assert not any(norm.trainable for norm in norms(network.trainer))


def test_synchronized_norms():
    network = build(RECIPE.changed(synchronized_norms=True), CLASSES)
    assert all(norm.synchronized for norm in norms(network.inference))
    assert not any(norm.synchronized for norm in norms(build(RECIPE, CLASSES).inference))


def test_mixed_precision_has_float32_outputs():
    network = build(RECIPE.changed(precision="mixed_bfloat16"), CLASSES)
    assert network.inference.get_layer("conv1_conv").compute_dtype == "bfloat16"
    assert network.trainer.output.dtype == "float32"
    assert network.inference.output.dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variant": "nobody"}, "`variant` must be one of"),
        ({"blcks": 1}, "`arguments` must be arguments of nl_c2d_small.*blocks.*Received: blcks"),
        ({"classes": 5}, "that the recipe does not set.*Received: classes"),
        ({"include_top": False}, "`arguments` must be.*Received: include_top"),
        ({"inflation": "3x1x1"}, "nl_c2d_small takes no `inflation`"),
    ],
)
def test_invalid_arguments_are_errors_and_restore_the_policy(arguments, message):
    recipe = RECIPE.changed(arguments=arguments, precision="mixed_bfloat16")
    with pytest.raises(ValueError, match=message):
        build(recipe, CLASSES)
    assert keras.config.dtype_policy().name == "float32"


def test_policy_of_the_caller_is_restored():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = build(RECIPE, CLASSES)
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert network.inference.get_layer("conv1_conv").compute_dtype == "float32"


def test_read_weights_false_reads_no_weights():
    recipe = RECIPE.changed(weights="nowhere")
    with pytest.raises(ValueError, match="nowhere"):
        build(recipe, CLASSES)
    assert build(recipe, CLASSES, read_weights=False).inference.output_shape == (None, CLASSES)
