"""The network to train and the one to ask are one network with two ends."""

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


@pytest.mark.parametrize("name", ["slowfast", "pytorchvideo", "mmaction2"])  # the three heads
def test_probabilities_are_the_softmax_of_the_logits_of_one_window(name):
    network = build(variant(name), CLASSES)
    logits, probabilities = network.trainer(CLIPS), network.inference(CLIPS)
    assert (tuple(logits.shape), logits.dtype) == ((4, CLASSES), "float32")
    np.testing.assert_allclose(softmax(np.float64(logits)), probabilities, atol=1e-6)
    assert np.ptp(probabilities) > 1e-4


@pytest.mark.parametrize("name", ["slowfast", "pytorchvideo"])
def test_logits_are_averaged_over_windows(name):
    """Features of 9 x 9 places have nine windows of 7 x 7: so many layers end in a mean."""
    network = build(variant(name), CLASSES)
    windows = keras.Model(network.inference.input, network.inference.get_layer("logits").output)
    clips = np.random.default_rng(1).normal(size=(1, 2, 288, 288, 3)).astype("float32")
    of_windows = np.float64(windows(clips))
    assert of_windows.shape == (1, 1, 3, 3, CLASSES)
    np.testing.assert_allclose(network.trainer(clips), of_windows.mean((1, 2, 3)), atol=1e-6)


def test_both_networks_have_the_same_weights():
    network = build(RECIPE, CLASSES)
    pairs = zip(network.trainer.weights, network.inference.weights, strict=True)
    assert all(one is other for one, other in pairs)


def test_several_classes_have_a_sigmoid_each():
    network = build(RECIPE.changed(multi_label=True), CLASSES)
    logits = np.float64(network.trainer(CLIPS))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), network.inference(CLIPS), atol=1e-6)


def step_of(recipe):
    """The batch norms' weights before and after a training step."""
    network = build(recipe, CLASSES)
    sgd = optimizer(recipe, learning_rate(recipe, 1), network.trainer)
    network.trainer.compile(sgd, loss_of(recipe), metrics=metrics_of(recipe, CLASSES))
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
    assert not np.any(step_of(RECIPE.changed(frozen_norms=True)))


def test_norms_that_are_not_frozen_follow_the_clips():
    changed = np.array(step_of(RECIPE))
    assert changed[:, 2:].all()  # moving mean and variance
    assert changed[:, :2].any()


def test_a_variant_of_frozen_norms_stays_frozen():
    network = build(variant("official_long"), CLASSES)
    assert not any(norm.trainable for norm in norms(network.trainer))


def test_norms_take_statistics_over_replicas_where_the_recipe_says_so():
    network = build(RECIPE.changed(synchronized_norms=True), CLASSES)
    assert all(norm.synchronized for norm in norms(network.inference))
    assert not any(norm.synchronized for norm in norms(build(RECIPE, CLASSES).inference))


def test_half_precision_is_of_the_network_alone_and_its_ends_are_whole():
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
def test_arguments_that_do_not_fit_are_named_and_the_precision_is_put_back(arguments, message):
    recipe = RECIPE.changed(arguments=arguments, precision="mixed_bfloat16")
    with pytest.raises(ValueError, match=message):
        build(recipe, CLASSES)
    assert keras.config.dtype_policy().name == "float32"


def test_the_callers_precision_is_put_back():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        network = build(RECIPE, CLASSES)
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert network.inference.get_layer("conv1_conv").compute_dtype == "float32"


def test_weights_are_not_read_where_others_come_anyway():
    recipe = RECIPE.changed(weights="nowhere")
    with pytest.raises(ValueError, match="nowhere"):
        build(recipe, CLASSES)
    assert build(recipe, CLASSES, read_weights=False).inference.output_shape == (None, CLASSES)
