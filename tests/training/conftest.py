"""Fixtures: small videos, a short run, and eager execution."""

import pytest
from training.helpers import RECIPE, eagerly, fit
from training.video_files import write_squares


@pytest.fixture(scope="module", autouse=True)
def small(shallow_networks):
    """What these tests ask of a training run does not depend on how deep its network is."""


@pytest.fixture
def eager():
    with eagerly():
        yield


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("videos"), 8)


@pytest.fixture(scope="module")
def validation_videos(tmp_path_factory):
    return write_squares(tmp_path_factory.mktemp("validation"), 6, seed=1)


@pytest.fixture(scope="module")
def short(videos):
    """A run of one epoch, without a folder."""
    with eagerly():
        return fit(RECIPE.changed(epochs=1), videos)
