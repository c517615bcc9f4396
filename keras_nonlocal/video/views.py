"""What a network says of a video, from what it says of each view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def mean_of_views(
    network: Callable[[np.ndarray], np.ndarray], clips: np.ndarray, *, flip: bool
) -> np.ndarray:
    """Averages the probabilities of all views.

    They pass through the network one by one, because thirty views of a large network would not fit
    into memory.

    Args:
        network: From a batch of pixels, uint8 `(1, T, H, W, 3)`, to probabilities `(1, classes)`.
        clips: The views of a video, uint8 `(V, T, H, W, 3)`.
        flip: Whether mirrored views are added.

    Returns:
        Probabilities `(classes,)`.
    """
    if flip:
        clips = np.concatenate([clips, clips[:, :, :, ::-1]])
    return np.concatenate([network(clip[None]) for clip in clips]).mean(axis=0)


def by_probability(class_names: Sequence[str], probabilities: np.ndarray) -> dict[str, float]:
    """Returns the probability of each class, highest first.

    >>> by_probability(["bend", "jack"], np.array([0.25, 0.75]))
    {'jack': 0.75, 'bend': 0.25}
    """
    order = np.argsort(-probabilities, kind="stable")
    return {class_names[index]: float(probabilities[index]) for index in order}
