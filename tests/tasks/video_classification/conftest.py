"""Fixtures: seven short videos of three sizes and three classes, and a network."""

import keras
import numpy as np
import pytest
from smaller_networks import shallow

from keras_nonlocal import models
from keras_nonlocal.video.decoding.write import write_video

CLASSES = ("bend", "jack", "run")
SIZES = ((32, 48), (48, 32), (40, 40))


def noise(seed, size, frames=17):
    """Patches of random colors, which survive compression."""
    patches = np.random.default_rng(seed).integers(0, 256, (frames, *(n // 8 for n in size), 3))
    return patches.repeat(8, axis=1).repeat(8, axis=2).astype("uint8")


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """`(path, label)` pairs."""
    folder = tmp_path_factory.mktemp("videos")
    pairs = [(folder / f"{i}.mp4", CLASSES[i % 3]) for i in range(7)]
    for i, (path, _) in enumerate(pairs):
        write_video(path, noise(i, SIZES[i % 3 if i < 4 else 2]))
    return [(str(path), label) for path, label in pairs]


@pytest.fixture(scope="session")
def model():
    keras.utils.set_random_seed(1)
    with shallow():
        model = models.nl_i3d_small(classes=3)
    logits = model.get_layer("logits").kernel
    logits.assign(5 * logits)  # so that different clips have different probabilities
    return model
