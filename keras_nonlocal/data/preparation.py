"""Pixels to the numbers a network was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def prepare(pixels: np.ndarray, *, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """`(pixels - mean) / std` for each channel, as float32.

    Args:
        pixels: uint8 or float `(..., 3)`, RGB from 0 to 255.
        mean, std: One value per channel, for pixels from 0 to 255.
    """
    normalised = np.asarray(pixels, "float32") - np.asarray(mean, "float32")
    return normalised / np.asarray(std, "float32")
