"""The fields of one object as COCO writes them: checked, and as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..utils import run_lengths
from .polygons import draw_polygons

LEAST_SIDE = 1e-3  # pixels; a box with a smaller side has no area to be learned


def box_of(fields: Mapping[str, Any], height: int, width: int) -> list[float] | None:
    """Returns a box as its corners `x0, y0, x1, y1` within the image.

    Returns:
        The corners, or `None` if a side of the box is zero.

    Raises:
        ValueError: There is no box, or more than half of it lies outside of the image.
    """
    box = fields.get("bbox", ())
    if not _are_numbers(box, 4):
        raise ValueError(f"its `bbox` must be 4 finite numbers x, y, width, height, but is {box!r}")
    x, y, across, down = box
    if across < 0 or down < 0:
        raise ValueError(f"its `bbox` must have no negative width or height, but is {box!r}")
    corners = [max(x, 0), max(y, 0), min(x + across, width), min(y + down, height)]
    if min(across, down) < LEAST_SIDE:
        return None
    inside = max(corners[2] - corners[0], 0) * max(corners[3] - corners[1], 0)
    if inside < across * down / 2:
        raise ValueError(f"its `bbox` {box!r} lies outside of the image of {width}x{height} pixels")
    return corners


def keypoints_of(fields: Mapping[str, Any], count: int) -> np.ndarray:
    """Returns keypoints, float32 `(count, 3)` of x, y and visibility; zeros if there are none.

    COCO stores the index of a pixel; its middle is half a pixel to the right and below.

    Raises:
        ValueError: Their number differs, or a value is out of range.
    """
    stored = fields.get("keypoints")
    if not stored:
        return np.zeros((count, 3), "float32")
    if not _are_numbers(stored, 3 * count):
        number = len(stored) if isinstance(stored, list | tuple) else 0
        raise ValueError(
            f"its `keypoints` must be {3 * count} finite numbers, x, y and visibility of each of "
            f"the {count} keypoints of its class, but are {number} values"
        )
    points = np.array(stored, "float32").reshape(count, 3)
    visibility = points[:, 2]
    if not np.isin(visibility, (0, 1, 2)).all():
        raise ValueError(
            "the visibility of its keypoints must be 0 (not labeled), 1 (hidden) or 2 (visible), "
            f"but there is {visibility[~np.isin(visibility, (0, 1, 2))][0]:g}"
        )
    points[:, :2] += 0.5
    points[visibility == 0] = 0
    return points


def mask_of(fields: Mapping[str, Any], height: int, width: int) -> np.ndarray:
    """Returns the mask of an object, uint8 `(height, width)` of zeros and ones.

    Raises:
        ValueError: As `check_segmentation` raises.
    """
    check_segmentation(fields, height, width)
    segmentation = fields["segmentation"]
    if isinstance(segmentation, Mapping):
        return run_lengths.decode_mask(segmentation)
    return draw_polygons(segmentation, height, width)


def check_segmentation(fields: Mapping[str, Any], height: int, width: int) -> None:
    """Checks a segmentation without drawing it.

    Raises:
        ValueError: There is none, it is of another size, or polygons lie far outside.
    """
    segmentation = fields.get("segmentation")
    if isinstance(segmentation, Mapping):
        if run_lengths.size_of(segmentation) != (height, width):
            raise ValueError(
                f"its mask has the size {segmentation['size']}, but the image has [{height}, "
                f"{width}]"
            )
        run_lengths.runs_of(segmentation)
        return
    if not isinstance(segmentation, list) or not segmentation:
        raise ValueError(f"it has no `segmentation`, but {segmentation!r:.40}")
    limits = ((-width, 2 * width), (-height, 2 * height))
    for polygon in segmentation:
        if not isinstance(polygon, list) or len(polygon) < 6 or not _are_numbers(polygon):
            raise ValueError(
                "each of its polygons must be a list of the finite x and y of at least 3 corners, "
                f"but one is {polygon!r:.60}"
            )
        for axis, (low, high) in enumerate(limits):
            if min(polygon[axis::2]) < low or max(polygon[axis::2]) > high:
                raise ValueError(
                    f"its polygon lies far outside of the image of {width}x{height} pixels"
                )


def has_segmentation(fields: Mapping[str, Any]) -> bool:
    """Whether an object has a mask: boxes of some programs come with an empty list."""
    return bool(fields.get("segmentation"))


def _are_numbers(values: Any, count: int | None = None) -> bool:
    if not isinstance(values, list | tuple) or len(values) != (count or 2 * (len(values) // 2)):
        return False
    try:
        return all(map(math.isfinite, values))
    except TypeError:
        return False
