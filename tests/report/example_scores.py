"""Examples of histories and scores for reports."""

import math

import numpy as np

from keras_nonlocal.metrics import Scores

EVIL = "<script>alert('a')</script> & \"b\" $\\frac{ <b>"


def history(epochs=6):
    """Returns a history with warmup, a cosine schedule, and validation in every second epoch."""
    rows = []
    for epoch in range(1, epochs + 1):
        row = {"epoch": epoch, "step": 100 * epoch, "learning_rate": 0.1 * min(epoch / 2, 1)}
        row |= {"loss": 2.345678 / epoch, "clip_top1": 1 - 0.5 / epoch, "seconds": 31.25}
        if epoch > 2:
            row["learning_rate"] *= (1 + math.cos(math.pi * (epoch - 2) / (epochs - 2))) / 2
        if epoch % 2 == 0:
            row |= {"val_loss": 3 / epoch, "val_top1": 1 - 0.75 / epoch}
        rows.append(row)
    return rows


# The predicted classes are 0 0 1 1 2 0: four of six are right.
PROBABILITIES = np.array(
    [
        [0.9, 0.06, 0.04],
        [0.7, 0.2, 0.1],
        [0.1, 0.8, 0.1],
        [0.3, 0.6, 0.1],
        [0.25, 0.25, 0.5],
        [0.55, 0.4, 0.05],
    ],
    "float32",
)
TARGETS = np.array([0, 1, 1, 1, 2, 2])
NAMES = ("bend", "jack", "run")


def scores(paths=None, names=NAMES, targets=TARGETS, probabilities=PROBABILITIES):
    if paths is None:
        paths = [f"/gone/{number}.mp4" for number in range(len(targets))]
    return Scores(
        tuple(map(str, paths)), tuple(names), targets, probabilities, _ranks(probabilities, targets)
    )


def _ranks(probabilities, targets):
    """Returns the ranks of a single view, or `None` for videos with several classes."""
    if targets.ndim == 2:
        return None
    true = np.take_along_axis(probabilities, targets[:, None], 1)
    return (probabilities > true).sum(1, keepdims=True).astype("int32")


def multi_label(paths=None, names=NAMES):
    """Returns these scores with a second class for the first video and none for the last."""
    rows = np.eye(3, dtype="float32")[TARGETS]
    rows[0, 2], rows[5] = 1, 0
    return scores(paths, names, rows)


def many_classes(classes=400, videos=900):
    """Returns scores of many classes. The accuracy of class `c` is about `c / classes`."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, classes - 1, videos)  # the last class has no video
    guesses = np.where(rng.random(videos) < targets / classes, targets, (targets + 7) % classes)
    probabilities = np.full((videos, classes), 0.2 / classes)
    probabilities[np.arange(videos), guesses] += 0.8
    names = [f"class number {number}" for number in range(classes)]
    return scores(None, names, targets, probabilities.astype("float32"))
