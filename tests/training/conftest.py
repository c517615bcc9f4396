"""Videos of squares, and runs without graphs."""

import warnings

import pytest
import tensorflow as tf
from training.small_runs import RECIPE, fit
from training.squares import write_squares


@pytest.fixture
def eager():
    """Without graphs, which take longer to make than a few steps take to run."""
    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Even though the `tf.config")  # tf.data has some
        yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("videos"), 8)


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("unseen"), 6, seed=1)


@pytest.fixture(scope="module")
def short(videos):
    """A run without a folder."""
    return fit(RECIPE.changed(epochs=1), videos)
