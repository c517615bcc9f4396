"""Masks of objects: on a grid over a region to learn, and pasted back into the image."""

from __future__ import annotations

import numpy as np
from keras import ops

from .roi_align import roi_align


def mask_targets(masks, boxes, index, size: int, *, method: str = "auto"):
    """Returns the part of a mask within each box, on a grid.

    Args:
        masks: `(M, H, W)`, of zeros and ones.
        boxes: `(R, 4)`, in pixels of the image.
        index: The mask of each box, int32 `(R,)`.
        size: Number of rows and columns of the grid.
        method: As in `keras_nonlocal.ops.roi_align`.

    Returns:
        float32 `(R, size, size)`, of zeros and ones.

    Example:

    >>> mask = np.eye(4, dtype="float32")[None]
    >>> grid = keras_nonlocal.ops.mask_targets(mask, np.array([[0.0, 0, 2, 2]]), [0], 2)
    >>> grid.numpy()[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    maps = ops.cast(masks, "float32")[..., None]
    grid = roi_align(
        [maps], boxes, index, strides=(1,), size=(size, size), sampling_ratio=0, method=method
    )
    return ops.cast(grid[..., 0] >= 0.5, "float32")


def paste_masks(
    masks: np.ndarray, boxes: np.ndarray, size: tuple[int, int], threshold: float = 0.5
) -> np.ndarray:
    """Enlarges the masks of detections to pixels of the image.

    Args:
        masks: Probabilities `(D, h, w)`, on grids over the boxes.
        boxes: `(D, 4)`, in pixels of the image.
        size: Height and width of the image.
        threshold: Smallest probability of a pixel of an object.

    Returns:
        bool `(D, H, W)`.

    Source: `paste_masks_in_image` of Detectron2.

    Example:

    >>> keras_nonlocal.ops.paste_masks(np.ones((1, 2, 2)), np.array([[1, 1, 3, 2]]), (3, 4)) * 1
    array([[[0, 0, 0, 0],
            [0, 1, 1, 0],
            [0, 0, 0, 0]]])
    """
    pasted = np.zeros((len(masks), *size), bool)
    for mask, box, whole in zip(
        np.asarray(masks), np.asarray(boxes, "float32"), pasted, strict=True
    ):
        first = np.maximum(np.floor(box[:2]).astype(int) - 1, 0)
        last = np.minimum(np.ceil(box[2:]).astype(int) + 1, size[::-1])
        if (last <= first).any() or (box[2:] <= box[:2]).any():
            continue
        x, y = (
            _linear_weights(np.arange(first[axis], last[axis]), box[axis], box[axis + 2], cells)
            for axis, cells in enumerate(mask.shape[::-1])
        )
        part = y @ mask.astype("float32") @ x.T
        whole[first[1] : last[1], first[0] : last[0]] = part >= threshold
    return pasted


def _linear_weights(pixels, start, end, cells):
    """Weights `(pixels, cells)` of the cells of a grid from `start` to `end`; zero is outside."""
    places = (pixels + np.float32(0.5) - start) / (end - start) * cells - np.float32(0.5)
    return np.maximum(1 - np.abs(places[:, None] - np.arange(cells, dtype="float32")), 0)
