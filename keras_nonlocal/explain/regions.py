"""What a position attends to within one detected object, in the head of a detection network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..ops.box_formats import to_pixels
from ..regions.network import IMAGES, SIZES, RegionCNN
from .evidence import evidence_of_call, record_with_gradient
from .pixel_grid import PixelGrid
from .queries import Position
from .recording import blocks_of, record
from .rows import rows_of_sample


@dataclass(frozen=True, eq=False)
class RegionAttention:
    """The attention of one position of a detected object to the others.

    Attributes:
        block: Name of the block.
        box: Corners x0, y0, x1 and y1 of the object, in pixels of the image of the network.
        confidence: The confidence of the object.
        query: The position that attends, `(2,)`, on the grid of the block, which covers the box.
        weights: float32 `(h, w)`, the attention to each position.
        keypoints: `(K, 3)` of x, y and score; `None` for a network of masks.

    Example:
        inputs = detector.image.inputs([keras_nonlocal.images.read_image("street.jpg")])
        found = region_attention(detector.model, inputs, query=0)
        draw_region_attention(detector.image.pixels(inputs["images"][0]), found, "person.png")
    """

    block: str
    box: np.ndarray
    confidence: float
    query: np.ndarray
    weights: np.ndarray
    keypoints: np.ndarray | None = None

    @property
    def pixels(self) -> PixelGrid:
        """Where the positions are in the image: the grid divides the box into equal cells."""
        x0, y0, x1, y1 = (float(each) for each in self.box)
        rows, columns = self.weights.shape
        steps = (y1 - y0) / rows, (x1 - x0) / columns
        return PixelGrid((rows, columns), (y0 + steps[0] / 2 - 0.5, x0 + steps[1] / 2 - 0.5), steps)


def region_attention(
    model: keras.Model,
    inputs: Any,
    *,
    region: int = 0,
    block: str | None = None,
    query: str | int | Position = "strongest",
) -> RegionAttention:
    """Computes what a position within a detected object attends to, in the head of a network.

    The blocks of a head see each detected object alone, on a grid over its box.

    Args:
        model: A network of `keras_nonlocal.models` with blocks in its head for keypoints.
        inputs: A batch of one image, as the network takes it.
        region: Index of the object, by falling confidence.
        block: Name of the block. The default is the first block of the head.
        query: The position that attends: `"strongest"`, where what the block adds speaks most for
            the keypoints that were found; the index of a keypoint, for the position where it was
            found; or a `Position` in pixels of the image of the network.

    Returns:
        A `RegionAttention`.

    Raises:
        ValueError: The model has no block in a head, there is no such object or keypoint, the
            query is outside of the box, or `inputs` is not one image.

    Example:
        inputs = detector.image.inputs([keras_nonlocal.images.read_image("street.jpg")])
        nose = region_attention(detector.model, inputs, query=0)
        print(nose.block, nose.query, nose.weights.max())
    """
    block = _block_of_head(model, block)
    images = inputs[IMAGES] if isinstance(inputs, dict) else inputs
    if len(images.shape) != 4 or len(images) != 1:
        raise ValueError(
            f"`inputs` must be a batch of one image. Received: shape={tuple(images.shape)}"
        )
    sizes = inputs[SIZES] if isinstance(inputs, dict) else np.array([images.shape[1:3]], "int32")
    outputs = model(inputs, training=False)
    boxes = to_pixels(outputs["boxes"], model.bounding_box_format, sizes)
    number = int(outputs["num_detections"][0])
    if not 0 <= region < number:
        raise ValueError(f"`region` must be one of {number} objects. Received: region={region}")
    box = keras.ops.convert_to_numpy(boxes)[0, region]
    keypoints = outputs.get("keypoints")
    if keypoints is not None:
        keypoints = keras.ops.convert_to_numpy(keypoints)[0, region]
    gradient = None
    if query == "strongest":
        call, gradient = record_with_gradient(model, inputs, block)
        evidence = evidence_of_call(call, gradient)[region]
        place = np.array(np.unravel_index(evidence.argmax(), evidence.shape))
    else:
        call = record(model, inputs, block)
        point = _point(query, keypoints)
        place = _cell_in_box(point, box, call.x.shape[1:3])
    ((_, rows),) = rows_of_sample(call, region, place[None])
    confidence = float(outputs["confidence"][0, region])
    return RegionAttention(block, box, confidence, place, rows[0], keypoints)


def _block_of_head(model: keras.Model, block: str | None) -> str:
    """The name of a block that sees regions; the first by default."""
    if not isinstance(model, RegionCNN):
        raise ValueError(
            "`model` must be a network for detection with blocks in its head, such as "
            f"`keras_nonlocal.models.nl_keypoint_rcnn_small()`. Received: {model!r}"
        )
    names = [name for name in blocks_of(model) if name.startswith(("keypoint_", "mask_", "box_"))]
    if not names or block not in (None, *names):
        raise ValueError(
            f"`block` must be a block of a head: {', '.join(names) or 'the model has none'}. "
            f"Received: block={block!r}"
        )
    return names[0] if block is None else block


def _point(query: Any, keypoints: np.ndarray | None) -> np.ndarray:
    """The row and column of a query in the image."""
    if isinstance(query, Position):
        return np.array([query.row, query.column], float)
    if keypoints is None or not isinstance(query, int) or not 0 <= query < len(keypoints):
        raise ValueError(
            "`query` must be 'strongest', a `Position`, or the index of one of "
            f"{0 if keypoints is None else len(keypoints)} keypoints. Received: query={query!r}"
        )
    return keypoints[query, 1::-1]


def _cell_in_box(point: np.ndarray, box: np.ndarray, grid: Any) -> np.ndarray:
    share = (point - box[1::-1]) / np.maximum(box[3:1:-1] - box[1::-1], 1e-6)
    if (share < -0.01).any() or (share > 1.01).any():
        raise ValueError(
            f"The query must be in the box {box.round(1).tolist()}. Received: row {point[0]:.1f}, "
            f"column {point[1]:.1f}"
        )
    cells = np.array([int(size) for size in grid])
    return np.clip((share * cells).astype(int), 0, cells - 1)
