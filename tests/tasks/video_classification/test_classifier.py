"""A classifier reads the views of its card, and averages their probabilities."""

from dataclasses import replace

import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.tasks.video_classification.classifier import VideoClassifier
from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.clip_spec import ClipSpec
from keras_nonlocal.video.decoding.read import read_frames
from keras_nonlocal.video.samples import sample_video
from keras_nonlocal.zoo import load

NAME = "nl_i3d_small_weizmann"


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "jumping.mp4"
    sample_video.write_sample(path)
    return path


@pytest.fixture(scope="module")
def classifier():
    classifier = load(NAME)
    return replace(
        classifier, clip=replace(classifier.clip, num_clips=2, num_crops=3, size=(48, 48))
    )


def test_crops_cover_the_whole_frame(classifier, video):
    views = classifier.read(video)
    assert views.shape == (6, 12, 48, 48, 3)
    centers = read_clips(video, ClipSpec(12, frame_stride=3, size=(48, 48), num_clips=2))
    np.testing.assert_array_equal(views[1::3], centers)
    assert not np.array_equal(views[0], views[2])


def test_probabilities_of_views_and_mirror_images_are_averaged(classifier, video):
    views = classifier.read(video)
    both = classifier.preprocess(np.concatenate([views, np.flip(views, 3)]))
    expected = classifier.model.predict(both, verbose=0).mean(axis=0)
    scores = classifier.predict(video)
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    in_order = [scores[name] for name in classifier.class_names]
    np.testing.assert_allclose(in_order, expected, atol=1e-5)


def test_frames_in_memory_give_the_prediction_of_their_file(classifier, video):
    frames = read_frames(video, range(75))
    expected, found = classifier.predict(video), classifier.predict(frames)
    assert list(found)[:3] == list(expected)[:3]
    # The file is scaled as it is stored, in YUV, so pixels differ slightly.
    assert max(abs(found[name] - expected[name]) for name in found) < 0.02


NO_VIDEOS = {
    "none": (None, "`path` must be the path of a video file.*Received: NoneType"),
    "list": (["jumping.mp4"], "paths one by one.*Received: list"),
    "bytes": (b"jumping.mp4", "Write bytes to a file first.*Received: bytes"),
    "floats": (np.zeros((9, 64, 64, 3), "float32"), r"uint8 \(T, H, W, 3\).*Received: float32"),
    "frame": (np.zeros((64, 64, 3), "uint8"), r"Received: uint8 \(64, 64, 3\)"),
    "gray": (np.zeros((9, 64, 64, 1), "uint8"), r"Received: uint8 \(9, 64, 64, 1\)"),
    "no frames": (np.zeros((0, 64, 64, 3), "uint8"), r"Received: uint8 \(0, 64, 64, 3\)"),
}


@pytest.mark.parametrize(("video", "message"), NO_VIDEOS.values(), ids=NO_VIDEOS)
def test_what_is_no_video_is_refused(classifier, video, message):
    with pytest.raises(ValueError, match=message):
        classifier.predict(video)


def a_classifier(**options):
    return VideoClassifier(
        models.c2d_small(classes=2, **options), ("a", "b"), ClipSpec(8, size=(32, 32))
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["conv1_conv/kernel", "res2_0_1_norm/moving_mean"])
def test_a_weight_that_is_not_finite_is_refused_by_its_name(video, name, value):
    classifier = a_classifier()
    (weight,) = (each for each in classifier.model.weights if each.path == name)
    weight.assign(np.full(weight.shape, value))
    with pytest.raises(ValueError, match=rf"must be finite numbers.*\['{name}'\]"):
        classifier.predict(video)


def test_probabilities_that_are_not_finite_are_refused(video):
    classifier = a_classifier(classifier_activation=None)
    classifier.model.get_layer("logits").kernel.assign(np.full((128, 2), 3e38))
    with pytest.raises(ValueError, match="probabilities of 'c2d_small' must be finite"):
        classifier.predict(video)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e39])
def test_pixels_that_are_not_finite_are_not_preprocessed(classifier, value):
    clips = np.zeros((1, 12, 48, 48, 3))
    assert np.isfinite(classifier.preprocess(clips)).all()
    clips[0, 3, 2, 1, 0] = value
    with pytest.raises(ValueError, match="Pixels must be numbers from 0 to 255"):
        classifier.preprocess(clips)
