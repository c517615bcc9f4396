"""A small recipe, and short runs by it."""

import contextlib
import warnings

import numpy as np
import tensorflow as tf

from keras_nonlocal.tasks.train import train
from keras_nonlocal.tasks.video_classification.recipe import VideoRecipe
from keras_nonlocal.video.clip_reader import read_clips
from keras_nonlocal.video.preprocessing import preprocess

RECIPE = VideoRecipe(
    "nl_c2d_small",
    num_frames=2,
    frame_stride=2,
    size=(24, 24),
    arguments={"variant": "slowfast", "blocks": 1, "dropout": 0.1},
    augmentation=({"layer": "RandomNoise", "deviation": 3.0},),
    epochs=4,
    batch_size=4,
    learning_rate=0.01,
    test_num_clips=2,
)


def fit(recipe, source, folder=None, **options):
    return train(recipe, source, folder, **{"verbose": 0, "report": False, **options})


@contextlib.contextmanager
def eagerly():
    """Runs eagerly, because tracing takes longer than the few steps of a test."""
    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Even though the `tf.config"
        )  # tf.data still uses graphs
        try:
            yield
        finally:
            tf.config.run_functions_eagerly(False)


def state(folder):
    """The content of each file in a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def assert_same_weights(one, other):
    for first, second in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def probabilities(run, path):
    clips = read_clips(path, run.recipe.testing_clip)
    return run.model.predict(preprocess(clips, **run.recipe.testing_clip.preprocessing), verbose=0)
