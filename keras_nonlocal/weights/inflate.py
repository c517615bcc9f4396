"""Inflates 2D weights to 3D: a k x k kernel is repeated t times over time and divided by t.

On a clip of equal frames, the inflated network gives the output of the image network
(paper, section 4; Carreira and Zisserman 2017).
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from ..utils.checks import positive_int
from ..utils.roles import in_non_local
from .assign import assign, named_weights


def inflate(kernel: np.ndarray, frames: int) -> np.ndarray:
    """Repeats a kernel `(h, w, in, out)` to `(frames, h, w, in, out)` with the same sum over time.

    Example:
        >>> float(inflate(np.ones((7, 7, 3, 64)), 5).sum(axis=0).max())
        1.0
    """
    positive_int("frames", frames)
    return np.repeat(np.asarray(kernel)[None], frames, axis=0) / frames


def load_inflated(model: keras.Model, image_weights: Mapping[str, np.ndarray]) -> None:
    """Loads the weights of an image network into a video network, by name.

    The names are the names in this package, such as `res2_0_1_conv/kernel`. Every name must be on
    both sides, except for non-local blocks. An image network has none, so they keep their weights.

    Args:
        model: A C2D or I3D network, with or without its classifier.
        image_weights: Arrays by name. Kernels of convolutions have the shape `(h, w, in, out)`.

    Raises:
        ValueError: The names or shapes differ. Then the model did not change.

    Source: section 4 of the paper.

    Example:
        image_weights = dict(np.load("resnet50.npz"))
        keras_nonlocal.weights.load_inflated(keras_nonlocal.models.i3d_r50(), image_weights)
    """
    targets = {
        name: variable for name, variable in named_weights(model).items() if not in_non_local(name)
    }
    inflated = {
        name: inflate(array, targets[name].shape[0])
        if name in targets and np.ndim(array) == 4
        else array
        for name, array in image_weights.items()
    }
    assign(targets, inflated)
