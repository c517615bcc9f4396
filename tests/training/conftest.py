"""Fixtures: small videos, a short run, and eager execution."""

import warnings

import pytest
import tensorflow as tf
from training.helpers import RECIPE, fit
from training.video_files import write_squares


@pytest.fixture
def eager():
    """Runs eagerly, because tracing takes longer than the few steps of a test."""
    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Even though the `tf.config"
        )  # tf.data still uses graphs
        yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("videos"), 8)


@pytest.fixture(scope="module")
def validation_videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("validation"), 6, seed=1)


@pytest.fixture(scope="module")
def short(videos):
    """A run of one epoch, without a folder."""
    return fit(RECIPE.changed(epochs=1), videos)
