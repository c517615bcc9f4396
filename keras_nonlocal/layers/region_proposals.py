"""Boxes that may hold an object, from the outputs of a region proposal network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ..ops.boxes import anchor_boxes, box_area, clip_boxes, decode_boxes
from ..ops.nms import non_maximum_suppression
from ..ops.rows import take_rows
from .padding import MULTIPLE

NEVER = -float("inf")  # the score of a box that does not exist


@keras.saving.register_keras_serializable("keras_nonlocal")
class RegionProposals(keras.layers.Layer):
    """Turns the logits and deltas of anchors into the best boxes of an image.

    Of each level the anchors of highest score are moved by their deltas and cut off at the border.
    Boxes that overlap a better box of their level are left out, and the best of all levels remain.

    Args:
        strides: Size of a cell of each level, in pixels.
        anchor_sizes: Square root of the area of the anchors of each level, in pixels.
        ratios: Height divided by width of the anchors.
        rounded_anchors: Whether the sides of anchors are whole pixels, as in torchvision.
        best: Number of anchors of a level that are looked at, in inference and in training.
        kept: Number of boxes of an image, in inference and in training.
        iou_threshold: Largest overlap of two boxes of a level.
        loop: How boxes are suppressed, see `keras_nonlocal.ops.non_maximum_suppression`. Use `True`
            in a model that XLA compiles.
        seed: Seed of the random samples of training, which the layer keeps and saves.
        **kwargs: As in `keras.layers.Layer`.

    Call arguments:
        inputs: A dictionary of `"logits"`, a list of `(B, H, W, A)`; `"deltas"`, a list of
            `(B, H, W, 4 * A)`; and `"sizes"`, the true heights and widths of the images `(B, 2)`.
        training: Whether to return the boxes of training.

    Returns:
        A dictionary of `"boxes"` `(B, R, 4)`, by falling score, and `"scores"` `(B, R)`, which are
        logits. Missing boxes are zero, and have a score of minus infinity. `R` is `kept`, or the
        largest number of boxes that an image of the batch has, if XLA cannot compile the layer.

    Source: Faster R-CNN (arXiv:1506.01497), section 3, in the form of Detectron2.
    """

    def __init__(
        self,
        *,
        strides: tuple[int, ...] = (4, 8, 16, 32, 64),
        anchor_sizes: tuple[float, ...] = (32, 64, 128, 256, 512),
        ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
        rounded_anchors: bool = False,
        best: tuple[int, int] = (1000, 2000),
        kept: tuple[int, int] = (1000, 1000),
        iou_threshold: float = 0.7,
        loop: bool | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(autocast=False, **{"dtype": "float32", **kwargs})
        self.strides, self.anchor_sizes = tuple(strides), tuple(anchor_sizes)
        self.ratios, self.rounded_anchors = tuple(ratios), rounded_anchors
        self.best, self.kept, self.iou_threshold = tuple(best), tuple(kept), iou_threshold
        self.loop, self.seed = loop, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_jit = loop is True or keras.backend.backend() != "tensorflow"

    def anchors(self, logits) -> list:
        """Returns the anchors of each level `(H * W * A, 4)`, in pixels."""
        return [
            anchor_boxes(ops.shape(x)[1:3], stride, size, self.ratios, rounded=self.rounded_anchors)
            for x, stride, size in zip(logits, self.strides, self.anchor_sizes, strict=True)
        ]

    def call(self, inputs, training=False):
        logits, deltas = inputs["logits"], inputs["deltas"]
        sizes = ops.cast(inputs["sizes"], "int32")
        best, kept = self.best[bool(training)], self.kept[bool(training)]
        if not training:
            logits = [
                self._in_image(x, sizes, stride)
                for x, stride in zip(logits, self.strides, strict=True)
            ]
        levels = [
            self._level(*level, sizes, best)
            for level in zip(logits, deltas, self.anchors(logits), strict=True)
        ]
        boxes, scores = (ops.concatenate(parts, axis=1) for parts in zip(*levels, strict=True))
        missing = ops.maximum(kept - ops.shape(scores)[1], 0)
        boxes = ops.pad(boxes, ((0, 0), (0, missing), (0, 0)))
        scores = ops.pad(scores, ((0, 0), (0, missing)), constant_values=NEVER)
        scores, order = ops.top_k(scores, kept)
        boxes = take_rows(boxes, ops.cast(order, "int32"))
        if not self.supports_jit:  # sizes may depend on values: no box is computed for nothing
            most = ops.max(ops.sum(ops.cast(scores > NEVER, "int32"), axis=1))
            boxes, scores = boxes[:, : ops.maximum(most, 1)], scores[:, : ops.maximum(most, 1)]
        boxes = ops.stop_gradient(ops.where((scores > NEVER)[..., None], boxes, 0.0))
        return {"boxes": boxes, "scores": ops.stop_gradient(scores)}

    def _in_image(self, logits, sizes, stride):
        """Leaves out the anchors in the padding, which the image alone would not have."""
        ends = -(-(-(-sizes // MULTIPLE) * MULTIPLE) // stride)
        y, x = (ops.arange(n, dtype="int32")[None] for n in ops.shape(logits)[1:3])
        inside = (y < ends[:, :1])[:, :, None] & (x < ends[:, 1:])[:, None]
        return ops.where(inside[..., None], ops.cast(logits, "float32"), NEVER)

    def _level(self, logits, deltas, anchors, sizes, best):
        """Returns the boxes and scores of one level, without those that overlap better ones."""
        batch = ops.shape(logits)[0]
        logits = ops.cast(ops.reshape(logits, (batch, -1)), "float32")
        deltas = ops.cast(ops.reshape(deltas, (batch, -1, 4)), "float32")
        scores, chosen = ops.top_k(logits, ops.minimum(best, ops.shape(logits)[1]))
        deltas = take_rows(deltas, ops.cast(chosen, "int32"))
        boxes = clip_boxes(decode_boxes(deltas, ops.take(anchors, chosen, axis=0)), sizes)
        scores = ops.where(box_area(boxes) > 0, scores, NEVER)
        kept = non_maximum_suppression(
            boxes,
            scores,
            iou_threshold=self.iou_threshold,
            max_outputs=ops.shape(scores)[1],
            loop=self.loop,
        )
        found, kept = kept >= 0, ops.maximum(kept, 0)
        return take_rows(boxes, kept), ops.where(found, take_rows(scores, kept), NEVER)

    def compute_output_spec(self, inputs, training=False):
        batch = inputs["sizes"].shape[0]
        kept = self.kept[bool(training)] if self.supports_jit else None
        return {
            "boxes": keras.KerasTensor((batch, kept, 4)),
            "scores": keras.KerasTensor((batch, kept)),
        }

    def get_config(self) -> dict[str, Any]:
        names = (
            *("strides", "anchor_sizes", "ratios", "rounded_anchors"),
            *("best", "kept", "iou_threshold", "loop", "seed"),
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
