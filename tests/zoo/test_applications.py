"""Inputs are normalized as the sources state, and outputs get the names of their classes."""

import numpy as np
import pytest
import tensorflow as tf

from keras_nonlocal import zoo
from keras_nonlocal.pretrained import read_card
from keras_nonlocal.zoo import load

FACEBOOK = ["official_8x8", "slowfast", "pytorchvideo"]
IMAGENET = ["mmaction2", "gluoncv"]


@pytest.fixture
def clips():
    return np.random.default_rng(0).integers(0, 256, (2, 4, 6, 5, 3), "uint8")


@pytest.mark.parametrize("origin", FACEBOOK)
def test_networks_of_facebook_use_mean_045_and_std_0225(origin, clips):
    inputs = zoo.preprocess_input(clips, card=f"i3d_r50_kinetics400_{origin}")
    expected = (clips.astype("float64") / 255 - 0.45) / 0.225
    np.testing.assert_allclose(inputs, expected, atol=1e-5)
    assert inputs.dtype == "float32"


@pytest.mark.parametrize("origin", IMAGENET)
def test_other_networks_use_the_statistics_of_imagenet(origin, clips):
    inputs = zoo.preprocess_input(clips, card=f"i3d_r50_kinetics400_{origin}")
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(inputs, (clips.astype("float64") / 255 - mean) / std, atol=1e-5)


def test_a_classifier_preprocesses_as_its_card_states(clips):
    classifier = load("nl_i3d_small_weizmann")
    inputs = zoo.preprocess_input(clips, card="nl_i3d_small_weizmann")
    np.testing.assert_array_equal(classifier.preprocess(clips), inputs)
    assert inputs.shape[2:] == (64, 64, 3)  # cropped around the motion
    still = np.broadcast_to(clips[:, :1], clips.shape)
    assert not classifier.preprocess(still).any()  # the mean frame was subtracted


def test_tensors_of_a_pipeline_stay_tensors(clips):
    card = read_card("i3d_r50_kinetics400_slowfast")
    data = tf.data.Dataset.from_tensor_slices(clips)
    data = data.map(lambda clip: zoo.preprocess_input(clip, card=card)).batch(2)
    expected = zoo.preprocess_input(clips, card=card)
    np.testing.assert_allclose(next(iter(data)), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(3,), (6, 5, 3), (4, 6, 5, 1)])
def test_clips_that_are_not_rgb_are_an_error(shape):
    with pytest.raises(ValueError, match=r"\.\.\., T, H, W, 3.*Received: shape="):
        zoo.preprocess_input(np.zeros(shape), card="i3d_r50_kinetics400_slowfast")


def test_predictions_are_sorted_by_probability():
    card = read_card("nl_i3d_small_weizmann")
    probabilities = np.random.default_rng(0).dirichlet(np.ones(10), 3)
    decoded = zoo.decode_predictions(probabilities, card=card, top=4)
    for row, found in zip(probabilities, decoded, strict=True):
        best = sorted(range(10), key=lambda index: -row[index])[:4]
        assert found == [(index, card.classes[index], row[index]) for index in best]


def test_top_may_exceed_the_number_of_classes():
    decoded = zoo.decode_predictions(np.eye(10), card="nl_i3d_small_weizmann", top=99)
    assert [len(row) for row in decoded] == [10] * 10


@pytest.mark.parametrize("shape", [(400,), (1, 399), (1, 1, 400)])
def test_predictions_of_another_network_are_an_error(shape):
    with pytest.raises(ValueError, match=r"shape \(B, 400\). Received: shape="):
        zoo.decode_predictions(np.zeros(shape), card="i3d_r50_kinetics400_slowfast")


def test_an_unknown_card_and_a_wrong_top_are_errors():
    with pytest.raises(ValueError, match="There is no card 'kinetics'"):
        zoo.decode_predictions(np.zeros((1, 400)), card="kinetics")
    with pytest.raises(ValueError, match="`top` must be a positive integer"):
        zoo.decode_predictions(np.zeros((1, 10)), card="nl_i3d_small_weizmann", top=0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_errors(value):
    clips, card = np.zeros((1, 8, 32, 32, 3)), "nl_i3d_small_weizmann"
    clips[0, 1, 2, 3, 0] = value
    with pytest.raises(ValueError, match="Pixels must be numbers from 0 to 255"):
        zoo.preprocess_input(clips, card=card)
    dataset = tf.data.Dataset.from_tensors(clips).map(
        lambda clips: zoo.preprocess_input(clips, card=card)
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="Pixels must be numbers"):
        list(dataset)
    with pytest.raises(ValueError, match="Probabilities of 'nl_i3d_small_weizmann' must be finite"):
        zoo.decode_predictions(np.full((1, 10), value), card=card)
