"""How close a converted network must be to the one it was converted from, and how to ask both."""

import keras
import numpy as np
from backend import answer

PROBABILITIES = 1e-5  # the largest difference
LOGITS = 1e-4  # the largest difference, for the largest logit
SIZES = [(224, 224), (256, 256)]
ODD_SIZE = (199, 225)


def clip(frames, size, seed=0):
    """A random clip `(1, T, H, W, 3)`."""
    return np.random.default_rng(seed).normal(size=(1, frames, *size, 3)).astype("float32")


def few(frames):
    """A quarter of so many frames or a half: enough for every stride over time."""
    return max(frames // 4, min(frames // 2, 8))


def channels_first(clips):
    """`(B, T, H, W, C)` as PyTorch takes it: `(B, C, T, H, W)`."""
    return np.ascontiguousarray(np.moveaxis(clips, -1, 1))


def answers(model, clips):
    """Probabilities `(B, classes)` and logits `(B, positions, classes)` of one of our models."""
    both = keras.Model(model.input, [model.output, model.get_layer("logits").output])
    probabilities, logits = answer(both, clips)
    return probabilities, logits.reshape(len(clips), -1, logits.shape[-1])


def assert_alike(ours, theirs):
    """Both answers within the bars; answers are probabilities and logits."""
    assert 0.01 < theirs[0].max() < 0.95  # a network that is always sure proves little
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=PROBABILITIES)
    largest = float(np.abs(theirs[1]).max())
    np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=LOGITS * largest)
    assert ours[1].shape == theirs[1].shape
