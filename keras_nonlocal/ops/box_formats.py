"""Formats of boxes: all that Keras knows, to pixels as `(x0, y0, x1, y1)` and back."""

from __future__ import annotations

from keras import ops

from ..utils.checks import one_of

# From x0, y0, x1, y1 to the format, and back.
_CODECS = {
    "xyxy": (lambda x0, y0, x1, y1: (x0, y0, x1, y1), lambda a, b, c, d: (a, b, c, d)),
    "yxyx": (lambda x0, y0, x1, y1: (y0, x0, y1, x1), lambda a, b, c, d: (b, a, d, c)),
    "xywh": (
        lambda x0, y0, x1, y1: (x0, y0, x1 - x0, y1 - y0),
        lambda a, b, c, d: (a, b, a + c, b + d),
    ),
    "center_xywh": (
        lambda x0, y0, x1, y1: ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0),
        lambda a, b, c, d: (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    ),
    "center_yxhw": (
        lambda x0, y0, x1, y1: ((y0 + y1) / 2, (x0 + x1) / 2, y1 - y0, x1 - x0),
        lambda a, b, c, d: (b - d / 2, a - c / 2, b + d / 2, a + c / 2),
    ),
}
RELATIVE = "rel_"  # prefix of formats in which the height and the width of the image are 1
BOX_FORMATS = (*_CODECS, *(RELATIVE + name for name in _CODECS if name != "center_yxhw"))


def from_pixels(boxes, box_format: str, sizes):
    """Writes boxes in a format; boxes without an area, which are padding, stay as they are.

    Args:
        boxes: `(B, N, 4)`, as `(x0, y0, x1, y1)` in pixels.
        box_format: One of `BOX_FORMATS`.
        sizes: Height and width of each image `(B, 2)`, in pixels.

    Returns:
        `(B, N, 4)`.
    """
    encode, _ = _CODECS[_check(box_format).removeprefix(RELATIVE)]
    exists = ops.all(boxes[..., 2:] > boxes[..., :2], axis=-1, keepdims=True)
    if box_format == "xyxy":
        return boxes
    scaled = boxes / _scale(sizes, boxes.dtype) if box_format.startswith(RELATIVE) else boxes
    return ops.where(exists, _joined(encode, scaled), boxes)


def to_pixels(boxes, box_format: str, sizes):
    """Reads boxes `(B, N, 4)` of a format as `(x0, y0, x1, y1)` in pixels: the inverse."""
    _, decode = _CODECS[_check(box_format).removeprefix(RELATIVE)]
    boxes = _joined(decode, ops.cast(boxes, "float32"))
    return boxes * _scale(sizes, "float32") if box_format.startswith(RELATIVE) else boxes


def _check(box_format: str) -> str:
    one_of("bounding_box_format", box_format, BOX_FORMATS)
    return box_format


def _joined(codec, boxes):
    return ops.stack(codec(*(boxes[..., index] for index in range(4))), axis=-1)


def _scale(sizes, dtype):
    height, width = ops.split(ops.cast(sizes, dtype), 2, axis=-1)
    return ops.concatenate([width, height, width, height], axis=-1)[:, None]
