"""A classifier reads the views of its card, and averages their probabilities."""

from dataclasses import replace

import numpy as np
import pytest

from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.clip_spec import ClipSpec
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
