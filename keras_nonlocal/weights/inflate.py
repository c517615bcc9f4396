"""2-D weights into 3-D networks: a k x k kernel, repeated t times over time and divided by t.

On a clip whose frames are all alike, the inflated network answers as the image network does
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
    """`(h, w, in, out)` to `(frames, h, w, in, out)`, with the same sum over time.

    Example:

    >>> float(inflate(np.ones((7, 7, 3, 64)), 5).sum(axis=0).max())
    1.0
    """
    positive_int("frames", frames)
    return np.repeat(np.asarray(kernel)[None], frames, axis=0) / frames


def load_inflated(model: keras.Model, image_weights: Mapping[str, np.ndarray]) -> None:
    """Fill a video network from an image network's weights, by name.

    The names are this package's, such as `res2_0_1_conv/kernel`, and must match both ways,
    but for what an image network does not have: non-local blocks keep their own weights.

    Args:
        model: A C2D or I3D network, with or without top.
        image_weights: Arrays by name; convolution kernels are `(h, w, in, out)`.

    Raises:
        ValueError: A weight that is missing, left over, or of another shape; nothing was set.

    Source: section 4 of the paper.
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
