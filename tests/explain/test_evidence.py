"""Evidence of a class through a block: against differences of the logit itself."""

import keras
import numpy as np
import pytest
from explain.conftest import spread_weights

from keras_nonlocal import explain, layers, models


def classifier(activation):
    """A network whose logits are the mean of what a block returns, so evidence is exact."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4, 4, 6))
    x = layers.NonLocal2D(name="a_nonlocal")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return spread_weights(keras.Model(inputs, keras.layers.Dense(3, activation, name="top")(x)))


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(2, 4, 4, 6)).astype("float32")


def test_evidence_adds_up_to_what_the_block_changes_in_the_logit(images):
    model = classifier(None)
    block, top = model.get_layer("a_nonlocal"), model.get_layer("top")
    branch = np.asarray(block(images)) - images
    logits = np.asarray(model(images))
    kernel = np.asarray(top.kernel)[:, logits.argmax(axis=1)]  # of the top class of each sample
    expected = np.einsum("bhwc,cb->bhw", branch, kernel) / 16
    found = explain.class_evidence(model, images)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    second = explain.class_evidence(model, images, label=2)
    expected = np.einsum("bhwc,c->bhw", branch, np.asarray(top.kernel)[:, 2]) / 16
    np.testing.assert_allclose(second, expected, rtol=1e-3, atol=1e-5)


def test_of_probabilities_the_log_odds_are_explained_also_if_they_are_sure(images):
    model, images = classifier("softmax"), images[:1]
    kernel = model.get_layer("top").kernel
    logs = np.sort(np.log(np.asarray(model(images), "float64"))[0])
    kernel.assign(kernel * 14 / (logs[-1] - logs[-2]))  # the second best is e ** 14 times less
    probabilities = np.asarray(model(images), "float64")[0]
    assert probabilities.max() > 1 - 1e-5  # the gradient of these themselves would vanish
    branch = np.asarray(model.get_layer("a_nonlocal")(images)) - images
    top = int(probabilities.argmax())
    others = np.delete(probabilities, top)
    weights = np.asarray(kernel)
    slope = weights[:, top] - np.delete(weights, top, axis=1) @ (others / others.sum())
    found = explain.class_evidence(model, images)
    np.testing.assert_allclose(found, branch @ slope / 16, rtol=1e-3, atol=1e-3)


def test_logits_are_found_behind_the_probabilities_of_a_video_network(video_model, clip):
    evidence = explain.class_evidence(video_model, clip, "res4_0_nonlocal")
    block = video_model.get_layer("res4_0_nonlocal")
    after = keras.Model(block.output, video_model.get_layer("logits").output)
    features = keras.Model(video_model.input, [block.input, block.output])(clip)
    before, output = (np.asarray(each) for each in features)
    place = np.unravel_index(np.abs(evidence).argmax(), evidence.shape)
    step = np.zeros_like(output)
    step[place] = 0.01 * (output - before)[place]
    top = int(np.asarray(video_model(clip)).argmax())
    high, low = (
        np.asarray(after(output + sign * step)).mean((1, 2, 3))[0, top] for sign in (1, -1)
    )
    assert evidence[place] == pytest.approx((high - low) / 0.02, rel=0.05)


def test_networks_for_pixels_and_keypoints_are_explained_too(keypoint_model, people):
    model = spread_weights(models.nl_fcn_small(classes=3, input_shape=(32, 32, 3)))
    evidence = explain.class_evidence(model, np.ones((1, 32, 32, 3), "float32"))
    assert evidence.shape == (1, 4, 4)
    assert evidence.any()
    by_region = explain.class_evidence(keypoint_model, people)
    assert by_region.shape[1:] == (14, 14)
    number = int(keypoint_model(people)["num_detections"][0])
    assert by_region[:number].any(axis=(1, 2)).all()


def test_a_model_without_classes_is_refused():
    inputs = keras.Input((4, 4, 6))
    x = layers.NonLocal2D(name="a_nonlocal")(inputs)
    model = keras.Model(inputs, {"depth": x})
    with pytest.raises(ValueError, match="one output of classes"):
        explain.class_evidence(model, np.zeros((1, 4, 4, 6), "float32"))
