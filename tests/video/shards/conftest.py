"""A folder of shards of six numbered videos, written once."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from keras_nonlocal.data.manifest import Entry, Manifest
from keras_nonlocal.video.decoding.write import write_video
from keras_nonlocal.video.shards.writing import write_shards

LENGTHS = (5, 12, 20, 26, 30, 31)


def numbered(frames, size):
    """Frame `i` is gray of level `8 * i`."""
    levels = np.arange(frames, dtype="uint8") * 8
    return np.broadcast_to(levels[:, None, None, None], (frames, *size, 3))


@pytest.fixture(scope="session")
def manifest(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    for length in LENGTHS:
        write_video(folder / f"{length}.mp4", numbered(length, (48, 64)), fps=10)
    entries = (Entry(str(folder / f"{length}.mp4"), (n % 3,)) for n, length in enumerate(LENGTHS))
    return Manifest(tuple(entries), ("a", "b", "c"))


@pytest.fixture(scope="session")
def written(manifest, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    write_shards(manifest, folder, shards=3, short_side=48, num_processes=2)
    return folder


@pytest.fixture
def copied(written, tmp_path):
    """The same, to be damaged."""
    return Path(shutil.copytree(written, tmp_path / "copy"))
