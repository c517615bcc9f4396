"""Runs on other Keras backends resume, and their networks are evaluated."""

import keras
import numpy as np
import pytest
from training.video_files import write_noise

from keras_nonlocal.tasks.predictor import read_run
from keras_nonlocal.tasks.train import train
from keras_nonlocal.tasks.video_classification.evaluator import Evaluator
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.training.distributed.strategies import strategy_for
from keras_nonlocal.utils.errors import TrainingStopped
from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.preprocessing import preprocess

BACKEND = keras.backend.backend()
pytestmark = pytest.mark.skipif(BACKEND == "tensorflow", reason="needs KERAS_BACKEND=jax or torch")

RECIPE = VideoRecipe(
    "nl_c2d_small",
    num_frames=2,
    frame_stride=1,
    size=(24, 24),
    # The generator of PyTorch's dropout is not in a checkpoint.
    arguments={"variant": "slowfast", "blocks": {"res3": [0]}, "dropout": 0.0},
    augmentation=({"layer": "RandomFlip"},),
    epochs=1,
    batch_size=2,
    schedule="cosine",
    warmup=0.5,
    clip_norm=5.0,
    rescale_momentum=True,
    precise_bn_batches=1,
    test_num_clips=2,
)


class StopAfter(keras.callbacks.Callback):
    """Fails after some steps."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.steps:
            raise OSError("a failure")


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_noise(tmp_path_factory.mktemp("videos"), 6, frames=4, size=(24, 24))


@pytest.fixture(scope="module")
def resumed_and_whole(videos, tmp_path_factory):
    """A run that failed and resumed, and an uninterrupted run."""
    folder = tmp_path_factory.mktemp("runs")
    options = {"checkpoint_every_n_steps": 1, "verbose": 0}
    with pytest.raises(TrainingStopped, match="The checkpoint of step 2"):
        train(RECIPE, videos, folder / "stopped", callbacks=[StopAfter(2)], **options)
    stopped = train(RECIPE, videos, folder / "stopped", validation=videos, **options)
    return stopped, train(RECIPE, videos, **options), folder / "stopped"


def test_resume_gives_the_same_weights(resumed_and_whole):
    stopped, whole, _ = resumed_and_whole
    assert stopped.history[-1]["step"] == 3
    for one, other in zip(stopped.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_weights_and_report_are_written(resumed_and_whole):
    stopped, _, folder = resumed_and_whole
    names = {path.name for path in folder.iterdir()}
    assert {"best.weights.h5", "checkpoint.npz", "last.weights.h5", "report.html"} <= names
    read = read_run(folder, weights="last")
    for one, other in zip(stopped.model.get_weights(), read.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_evaluator_averages_the_clips_of_a_video(resumed_and_whole, videos):
    run = resumed_and_whole[0]
    scores = Evaluator(RECIPE.testing_clip).evaluate(run.model, videos, progress=False)
    for path, probabilities in zip(scores.paths, scores.probabilities, strict=True):
        clips = preprocess(
            read_clips(path, Evaluator(RECIPE.testing_clip).clip),
            **RECIPE.testing_clip.preprocessing,
        )
        expected = keras.ops.convert_to_numpy(run.model(np.asarray(clips), training=False))
        np.testing.assert_allclose(probabilities, expected.mean(axis=0), atol=1e-4)


def test_run_starts_from_the_weights_of_another_run(resumed_and_whole, videos):
    folder = resumed_and_whole[2]
    start = RECIPE.changed(weights=str(folder), learning_rate=1e-12, precise_bn_batches=0)
    started = train(start, videos, verbose=0).model
    first = read_run(folder).model.trainable_weights
    for one, other in zip(started.trainable_weights, first, strict=True):
        host = keras.ops.convert_to_numpy
        np.testing.assert_allclose(host(one), host(other), atol=1e-6)


@pytest.mark.parametrize("name", ["mirrored", "multiworker"])
def test_strategies_of_tensorflow_are_errors(name):
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        strategy_for(name)
