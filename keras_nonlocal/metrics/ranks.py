"""Where the true class stands among all, by probability."""

from __future__ import annotations

import numpy as np


def ranks_of(probabilities: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """How many classes come before the true one; of equals, those of lower numbers do.

    Args:
        probabilities: `(..., classes)`, finite.
        targets: The number of the true class, `(...)`.

    Returns:
        int32 `(...)`.

    Example:

    >>> ranks_of(np.array([[0.5, 0.3, 0.2], [0.4, 0.2, 0.4]]), np.array([1, 2])).tolist()
    [1, 1]
    """
    targets = np.asarray(targets)[..., None]
    true = np.take_along_axis(probabilities, targets, axis=-1)
    numbers = np.arange(probabilities.shape[-1])
    before = (probabilities > true) | ((probabilities == true) & (numbers < targets))
    return before.sum(axis=-1, dtype="int32")
