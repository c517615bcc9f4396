"""Small networks with blocks that were not trained, but whose weights are large enough to see."""

import keras
import numpy as np
import pytest

from keras_nonlocal import models


def spread_weights(model, seed=0):
    """Draws the weights of all non-local blocks, so that they attend and add something."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if "nonlocal/" not in weight.path:
            continue
        if any(part in weight.path for part in ("theta", "phi", "w_f")):
            weight.assign(rng.normal(0, 0.5, weight.shape))
        elif "gamma" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif "kernel" in weight.path:
            weight.assign(rng.normal(0, 0.2, weight.shape))
    return model


@pytest.fixture(scope="session")
def video_model():
    keras.utils.set_random_seed(0)
    return spread_weights(models.nl_i3d_small(classes=4, variant="slowfast"))


@pytest.fixture(scope="session")
def clip():
    """One clip. Its only motion is in the middle, at rows 40 to 55 and columns 8 to 23."""
    clip = np.zeros((1, 8, 64, 64, 3), "float32")
    clip[:, 3:5, 40:56, 8:24] = 3
    return clip + np.random.default_rng(1).normal(0, 0.1, clip.shape).astype("float32")


@pytest.fixture(scope="session")
def keypoint_model():
    keras.utils.set_random_seed(0)
    return spread_weights(models.nl_keypoint_rcnn_small(classes=1, keypoints=3))


@pytest.fixture(scope="session")
def people():
    """A batch of one image, as the network for keypoints takes it."""
    image = np.random.default_rng(2).normal(0, 1, (1, 64, 64, 3)).astype("float32")
    return {"images": image, "sizes": np.array([[60, 64]], "int32")}
