"""Invalid arguments are errors before the first video is read."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_nonlocal import models
from keras_nonlocal.tasks.video_classification.evaluation_callback import Evaluation
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.video.clip_spec import ClipSpec

pytestmark = pytest.mark.usefixtures("shallow_networks")

CLIP = ClipSpec(8, size=(32, 32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip": 8}, "`clip` must be a `keras_nonlocal.video.ClipSpec`. Received: clip=8"),
        ({"clip": ClipSpec(8), "fully_convolutional": True}, "a `short_side` or a `size`"),
        ({"memory": 0}, "`memory` must be a positive integer"),
        ({"memory": 1e9}, "`memory` must be a positive integer"),
        ({"num_parallel_calls": 0}, "`num_parallel_calls` must be a positive integer"),
        ({"on_error": "previous_frame"}, "`on_error` must be one of 'raise', 'skip'"),
        (
            {
                "clip": replace(CLIP, subtract_mean_frame=True, track_motion=(8, 8)),
                "fully_convolutional": True,
            },
            "`track_motion` of `clip`",
        ),
    ],
)
def test_invalid_arguments_of_an_evaluator_are_errors(options, message):
    with pytest.raises(ValueError, match=message):
        Evaluator(**{"clip": CLIP, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shard": (2, 2)}, r"`shard` must be `\(index, count\)`.*Received: shard=\(2, 2\)"),
        ({"shard": 1}, "Received: shard=1"),
        ({"shard": (-1, 2)}, "`shard` must"),
        ({"shard": (0.0, 1)}, "`shard` must"),
        ({"split": "test"}, "`split` must be None: there are no splits"),
        ({"class_names": ("bend", "jack")}, "the label must be one of `class_names`: bend, jack"),
        (
            {"class_names": ("bend", "jack", "run", "walk")},
            "each of 4 classes: bend, jack, run, walk",
        ),
    ],
)
def test_invalid_arguments_of_evaluate_are_errors(model, videos, options, message):
    with pytest.raises(ValueError, match=message):
        Evaluator(CLIP).evaluate(model, videos, **options)


def test_unlabeled_or_missing_videos_are_errors(model, videos):
    with pytest.raises(ValueError, match="`source` must have labels"):
        Evaluator(CLIP).evaluate(model, [path for path, _ in videos])
    with pytest.raises(ValueError, match="1 files are missing"):
        Evaluator(CLIP).evaluate(model, [*videos[:6], ("gone.mp4", "run")])


def test_whole_frames_need_a_network_of_any_size(videos):
    model = models.nl_i3d_small(classes=3, input_shape=(8, 32, 32, 3))
    with pytest.raises(ValueError, match=r"`input_shape=\(None, None, None, 3\)`"):
        Evaluator(CLIP, fully_convolutional=True).evaluate(model, videos)
    with pytest.raises(
        ValueError, match=r"\(8, 32, 32, 3\). Received: views of shape \(8, 32, 40, 3\)"
    ):
        Evaluator(ClipSpec(8, size=(32, 40))).evaluate(model, videos)
    with pytest.raises(ValueError, match=r"Received: views of shape \(9, 32, 32, 3\)"):
        Evaluator(ClipSpec(9, size=(32, 32))).evaluate(model, videos)


def test_too_short_clips_are_an_error(model, videos):
    with pytest.raises(
        ValueError, match=r"(?s)`clip` must give views that are large enough for `model`.*\(2, "
    ):
        Evaluator(ClipSpec(2, size=(32, 32))).evaluate(model, videos)


def test_models_need_one_input_and_one_output(videos):
    class Own(keras.Model):
        def call(self, x):
            return x

    one, other = keras.Input((8, 32, 32, 3)), keras.Input((3,))
    flat = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling3D()(one))
    for model, message in (
        (Own(), "each of 3 classes"),
        (keras.Model([one, other], flat + other), "functional model with one input"),
        (keras.Model(one, [flat, flat + 1]), "each of 3 classes"),
        (keras.Model(one, one + 1), "each of 3 classes"),
    ):
        with pytest.raises(ValueError, match=message):
            Evaluator(CLIP).evaluate(model, videos)


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (None, r"its last activation must be a softmax.*for '.*\.mp4'"),
        (lambda x: x * np.nan, r"outputs of the network must be finite.*\['.*\.mp4'\]"),
        (lambda x: x / 0, r"outputs of the network must be finite.*\['.*\.mp4'\]"),
    ],
)
def test_logits_and_nans_are_errors(videos, activation, message):
    clip = keras.Input((8, 32, 32, 3))
    features = keras.layers.GlobalAveragePooling3D()(clip)
    model = keras.Model(clip, keras.layers.Dense(3, activation=activation)(features))
    with pytest.raises(ValueError, match=message):
        Evaluator(CLIP).evaluate(model, videos)


def test_invalid_arguments_of_the_callback_are_errors(videos):
    with pytest.raises(ValueError, match="`every_n_epochs` must be a positive integer"):
        Evaluation(Evaluator(CLIP), videos, every_n_epochs=0)
