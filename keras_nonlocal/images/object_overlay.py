"""Draws objects onto an image: masks, boxes, keypoints, and names with scores."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MASK_OPACITY = 0.45
_GOLDEN = 0.618034  # of the color wheel between two objects: neighbors differ most
_SHADES = ((0.85, 1.0), (0.65, 0.85), (1.0, 0.7))


def draw_objects(
    image: np.ndarray,
    objects: Mapping[str, Any],
    class_names: Sequence[str],
    *,
    skeleton: Sequence[Sequence[int]] = (),
    least_confidence: float = 0.0,
) -> np.ndarray:
    """Draws each object in a color of its own, the largest one first.

    Args:
        image: uint8 `(H, W, 3)`.
        objects: `"boxes"` `(N, 4)` as corners x0, y0, x1 and y1 in pixels and `"labels"` `(N,)`,
            and what there is of `"confidence"` `(N,)`, `"masks"` `(N, H, W)` and `"keypoints"`
            `(N, K, 3)` of x, y and visibility, or a score; points of zero or less are not drawn. So
            both the dict that `keras_nonlocal.images.ObjectSet.read` returns and detections are
            drawn.
        class_names: Names of the classes.
        skeleton: Indices of the two keypoints at the ends of each line.
        least_confidence: Objects of a lower confidence are left out.

    Returns:
        uint8 `(H, W, 3)`.

    Raises:
        ValueError: Image, boxes or masks differ in size.

    Example:

    >>> image = np.zeros((40, 60, 3), "uint8")
    >>> drawn = draw_objects(image, {"boxes": [[10, 10, 50, 30]], "labels": [0]}, ("car",))
    >>> drawn.shape, bool(drawn[10, 30].any()), bool(drawn[35, 30].any())
    ((40, 60, 3), True, False)
    """
    boxes = np.asarray(objects["boxes"], "float64").reshape(-1, 4)
    labels = np.asarray(objects["labels"], "int64")
    confidence = objects.get("confidence")
    masks = objects.get("masks")
    _check(image, boxes, labels, masks)
    shown = [
        place
        for place in range(len(boxes))
        if labels[place] >= 0 and (confidence is None or confidence[place] >= least_confidence)
    ]
    shown.sort(key=lambda place: -np.prod(boxes[place, 2:] - boxes[place, :2]))
    drawn = image.astype("float32")
    if masks is not None:
        for place in shown:
            inside = np.asarray(masks[place]) != 0
            drawn[inside] += MASK_OPACITY * (np.array(_color(place)) - drawn[inside])
    canvas = Image.fromarray((drawn + 0.5).astype("uint8"))
    draw = ImageDraw.Draw(canvas)
    line = max(round(min(image.shape[:2]) / 250), 1)
    for place in shown:
        draw.rectangle(_pixels(boxes[place]), outline=_color(place), width=line)
        if objects.get("keypoints") is not None:
            _draw_keypoints(draw, objects["keypoints"][place], skeleton, _color(place), line)
    font = ImageFont.load_default(float(np.clip(min(image.shape[:2]) / 34, 9, 22)))
    for place in shown:
        score = "" if confidence is None else f" {100 * confidence[place]:.0f} %"
        _draw_name(draw, boxes[place], f"{class_names[labels[place]]}{score}", _color(place), font)
    return np.asarray(canvas)


def _check(image, boxes, labels, masks) -> None:
    if len(boxes) != len(labels) or (masks is not None and len(masks) != len(boxes)):
        raise ValueError(
            "There must be a label and a mask for each box. Received: "
            f"{len(boxes)} boxes, {len(labels)} labels"
            + ("" if masks is None else f", {len(masks)} masks")
        )
    if masks is not None and any(np.shape(mask) != image.shape[:2] for mask in masks):
        raise ValueError(
            f"Masks must have the size of the image, {image.shape[:2]}. Received: masks of "
            f"{sorted({np.shape(mask) for mask in masks})}"
        )


def _color(place: int) -> tuple[int, int, int]:
    """A color that differs from those of the objects before."""
    saturation, value = _SHADES[place % len(_SHADES)]
    red, green, blue = colorsys.hsv_to_rgb(place * _GOLDEN % 1, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def _pixels(box) -> tuple[int, int, int, int]:
    """The first and the last pixel of a box that has at least one."""
    x0, y0 = np.floor(box[:2]).astype(int).tolist()
    x1, y1 = (np.ceil(box[2:]).astype(int) - 1).tolist()
    return x0, y0, max(x0, x1), max(y0, y1)


def _draw_keypoints(draw, points, skeleton, color, line: int) -> None:
    points = np.asarray(points)
    for one, other in skeleton:
        if min(points[one, 2], points[other, 2]) > 0:
            ends = [tuple(points[place, :2].tolist()) for place in (one, other)]
            draw.line(ends, fill=color, width=line + 1)
    radius = line + 1
    for x, y, visibility in points.tolist():
        if visibility > 0:
            around = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(around, fill=color, outline="white")


def _draw_name(draw, box, text: str, color, font) -> None:
    """Writes a name above a box, or within it at the upper border of the image."""
    left, top, right, bottom = draw.textbbox((0, 0), text, font)
    width, height = right - left + 4, bottom - top + 4
    x = min(max(box[0], 0), max(draw.im.size[0] - width, 0))
    y = box[1] - height if box[1] >= height else box[1]
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill=color)
    bright = np.dot(color, (0.299, 0.587, 0.114)) > 140
    draw.text((x + 2 - left, y + 2 - top), text, "black" if bright else "white", font)
