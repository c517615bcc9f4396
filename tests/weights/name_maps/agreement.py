"""How close the outputs of a converted network must be to the original, and how to compute both."""

import keras
import numpy as np
from backend import answer

PROBABILITIES = 1e-5  # the largest absolute difference
LOGITS = 1e-4  # the largest difference, relative to the largest logit
SIZES = [(224, 224), (256, 256)]
ODD_SIZE = (199, 225)


def clip(frames, size, seed=0):
    """Returns a random clip `(1, T, H, W, 3)`."""
    return np.random.default_rng(seed).normal(size=(1, frames, *size, 3)).astype("float32")


def few(frames):
    """Returns a quarter or half of the frames, which is enough for every stride over time."""
    return max(frames // 4, min(frames // 2, 8))


def channels_first(clips):
    """Converts `(B, T, H, W, C)` to `(B, C, T, H, W)`, as PyTorch takes it."""
    return np.ascontiguousarray(np.moveaxis(clips, -1, 1))


def answers(model, clips):
    """Returns probabilities `(B, classes)` and logits `(B, positions, classes)` of our model."""
    both = keras.Model(model.input, [model.output, model.get_layer("logits").output])
    probabilities, logits = answer(both, clips)
    return probabilities, logits.reshape(len(clips), -1, logits.shape[-1])


def assert_alike(ours, theirs):
    """Checks that both outputs, probabilities and logits, are within the tolerances."""
    assert 0.01 < theirs[0].max() < 0.95  # a network with saturated outputs would prove little
    np.testing.assert_allclose(ours[0], theirs[0], rtol=0, atol=PROBABILITIES)
    largest = float(np.abs(theirs[1]).max())
    np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=LOGITS * largest)
    assert ours[1].shape == theirs[1].shape
