"""The objects of an image, from the outputs of the heads of a Mask R-CNN."""

from __future__ import annotations

import keras
from keras import ops

from ..ops.boxes import box_area, clip_boxes, decode_boxes
from ..ops.keypoints import keypoint_peaks
from ..ops.nms import non_maximum_suppression
from ..ops.rows import take_rows
from .region_proposals import NEVER

PADDING = -1  # boxes, labels and scores of objects that do not exist, as in KerasHub


@keras.saving.register_keras_serializable("keras_nonlocal")
class Detections(keras.layers.Layer):
    """Moves and scores proposals, and keeps the best that do not overlap.

    Args:
        weights: Factors of the deltas, see `keras_nonlocal.ops.encode_boxes`.
        score_threshold: Smallest probability of a detection.
        iou_threshold: Largest overlap of two detections of the same class.
        max_detections: Number of detections of an image.
        loop: As in `RegionProposals`.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: A dictionary of `"boxes"`, the proposals `(B, R, 4)`; `"logits"`
            `(B * R, classes + 1)`, where the background is last; `"deltas"` `(B * R, 4 * classes)`;
            and `"sizes"`, the true heights and widths of the images `(B, 2)`.

    Returns:
        A dictionary of `"boxes"` `(B, D, 4)`, `"confidence"` `(B, D)`, `"labels"` `(B, D)`, by
        falling confidence and padded with -1, and `"num_detections"` `(B,)`.
    """

    def __init__(
        self,
        *,
        weights: tuple[float, ...] = (10.0, 10.0, 5.0, 5.0),
        score_threshold: float = 0.05,
        iou_threshold: float = 0.5,
        max_detections: int = 100,
        loop: bool | None = None,
        **kwargs,
    ):
        super().__init__(autocast=False, **{"dtype": "float32", **kwargs})
        self.box_weights, self.score_threshold = tuple(weights), score_threshold
        self.iou_threshold, self.max_detections = iou_threshold, max_detections
        self.loop = loop
        self.supports_jit = loop is True or keras.backend.backend() != "tensorflow"

    def call(self, inputs):
        proposals, sizes = inputs["boxes"], inputs["sizes"]
        batch, number = ops.shape(proposals)[:2]
        classes = inputs["logits"].shape[-1] - 1
        scores = ops.softmax(ops.cast(inputs["logits"], "float32"))[:, :classes]
        scores = ops.reshape(scores, (batch, number, classes))
        deltas = ops.cast(inputs["deltas"], "float32")
        deltas = ops.reshape(deltas, (batch, number, classes, 4))
        boxes = decode_boxes(deltas, proposals[:, :, None], self.box_weights)
        boxes = clip_boxes(ops.reshape(boxes, (batch, -1, 4)), sizes)
        boxes = ops.reshape(boxes, (batch, number, classes, 4))
        counted = (scores > self.score_threshold) & (box_area(proposals) > 0)[..., None]
        scores = ops.where(counted, scores, NEVER)
        return self._best(ops.transpose(boxes, (0, 2, 1, 3)), ops.transpose(scores, (0, 2, 1)))

    def _best(self, boxes, scores):
        """Suppresses boxes `(B, classes, R, 4)` within each class, and takes the best of all."""
        batch, classes, number = ops.shape(scores)
        kept = non_maximum_suppression(
            ops.reshape(boxes, (-1, number, 4)),
            ops.reshape(scores, (-1, number)),
            iou_threshold=self.iou_threshold,
            max_outputs=self.max_detections,
            loop=self.loop,
        )
        kept = ops.reshape(kept, (batch, classes, -1))
        found = ops.take_along_axis(scores, ops.maximum(kept, 0), axis=2)
        found = ops.reshape(ops.where(kept >= 0, found, NEVER), (batch, -1))
        confidence, order = ops.top_k(found, self.max_detections)
        order = ops.cast(order, "int32")
        labels = order // self.max_detections
        place = take_rows(ops.reshape(kept, (batch, -1)), order)
        place = labels * number + ops.maximum(place, 0)
        boxes = take_rows(ops.reshape(boxes, (batch, -1, 4)), place)
        exists = confidence > NEVER
        return {
            "boxes": ops.where(exists[..., None], boxes, float(PADDING)),
            "confidence": ops.where(exists, confidence, float(PADDING)),
            "labels": ops.where(exists, labels, PADDING),
            "num_detections": ops.sum(ops.cast(exists, "int32"), axis=1),
        }

    def compute_output_spec(self, inputs):
        batch, number = inputs["boxes"].shape[0], self.max_detections
        return {
            "boxes": keras.KerasTensor((batch, number, 4)),
            "confidence": keras.KerasTensor((batch, number)),
            "labels": keras.KerasTensor((batch, number), "int32"),
            "num_detections": keras.KerasTensor((batch,), "int32"),
        }

    def get_config(self):
        names = ("score_threshold", "iou_threshold", "max_detections", "loop")
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), "weights": self.box_weights, **config}


@keras.saving.register_keras_serializable("keras_nonlocal")
class DetectionMasks(keras.layers.Layer):
    """Takes the mask of the class of each detection.

    Call arguments:
        inputs: A dictionary of `"logits"` `(B * D, h, w, classes)` and `"labels"` `(B, D)`.

    Returns:
        Probabilities `(B, D, h, w)` on a grid over the box of each detection.
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **{"dtype": "float32", **kwargs})

    def call(self, inputs):
        logits, labels = ops.cast(inputs["logits"], "float32"), inputs["labels"]
        flat = ops.reshape(labels, (-1, 1, 1, 1))
        chosen = ops.take_along_axis(logits, ops.maximum(flat, 0), axis=-1)[..., 0]
        masks = ops.where(flat[..., 0] >= 0, ops.sigmoid(chosen), 0.0)
        return ops.reshape(masks, (*ops.shape(labels), *logits.shape[1:3]))

    def compute_output_spec(self, inputs):
        return keras.KerasTensor((*inputs["labels"].shape, *inputs["logits"].shape[1:3]))


@keras.saving.register_keras_serializable("keras_nonlocal")
class DetectionKeypoints(keras.layers.Layer):
    """Finds the place of each keypoint of each detection.

    Call arguments:
        inputs: A dictionary of `"logits"` `(B * D, h, w, K)` and `"boxes"` `(B, D, 4)`.

    Returns:
        `(B, D, K, 3)`: x and y in pixels of the image, and the probability of the place.
    """

    def __init__(self, **kwargs):
        super().__init__(autocast=False, **{"dtype": "float32", **kwargs})

    def call(self, inputs):
        logits, boxes = ops.cast(inputs["logits"], "float32"), inputs["boxes"]
        points = keypoint_peaks(logits, ops.reshape(boxes, (-1, 4)))
        points = ops.reshape(points, (*ops.shape(boxes)[:2], *points.shape[1:]))
        exists = box_area(boxes) > 0
        return ops.where(exists[..., None, None], points, float(PADDING))

    def compute_output_spec(self, inputs):
        keypoints = inputs["logits"].shape[-1]
        return keras.KerasTensor((*inputs["boxes"].shape[:2], keypoints, 3))
