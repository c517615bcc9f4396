"""How a region network is trained: which boxes are examples of what, and the loss of each head.

Source: Faster R-CNN (arXiv:1506.01497) and Mask R-CNN (arXiv:1703.06870), with the samples and the
divisors of Detectron2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from ..ops.boxes import box_iou, encode_boxes
from ..ops.keypoints import keypoint_targets
from ..ops.masks import mask_targets
from ..ops.matching import match_boxes, sample_boxes
from ..ops.rows import take_rows
from ..utils.checks import one_of


@dataclass(frozen=True)
class TrainingOptions:
    """How a region network is trained.

    Attributes:
        anchors: Number of anchors of an image that are used in a step.
        anchor_share: Largest share of anchors with an object.
        anchor_overlap: An anchor is background below the first, and an object from the second.
        boxes: Number of boxes of an image that are used in a step.
        box_share: Largest share of boxes with an object.
        box_overlap: Smallest overlap of a box with its object.
        anchor_beta, box_beta: Where the loss of deltas becomes linear; 0 is the absolute value.
        sample: `"random"`, or `"first"` for the first boxes in order, as for a comparison.
        seed: Seed of the random samples.

    Raises:
        ValueError: `sample` is unknown.

    Example:

    >>> keras_nonlocal.regions.TrainingOptions(boxes=64).boxes
    64
    """

    anchors: int = 256
    anchor_share: float = 0.5
    anchor_overlap: tuple[float, float] = (0.3, 0.7)
    boxes: int = 512
    box_share: float = 0.25
    box_overlap: float = 0.5
    anchor_beta: float = 0.0
    box_beta: float = 0.0
    sample: str = "random"
    seed: int = 0

    def __post_init__(self):
        object.__setattr__(self, "anchor_overlap", tuple(self.anchor_overlap))  # a list in JSON
        one_of("sample", self.sample, ("random", "first"))


class RegionTraining:
    """The graph of training of a region network. It shares all layers with the model.

    Args:
        model: A functional model with the layers `proposals`, `box_features`, and others by name.
        options: How it is trained.
    """

    def __init__(self, model: keras.Model, options: TrainingOptions):
        self._options = options
        names = {layer.name for layer in model.layers}
        self._proposals = model.get_layer("proposals")
        levels = len(self._proposals.strides)
        *rpn, sizes = self._proposals.input  # in the order of the keys: deltas, logits, sizes
        self._features = {
            head: model.get_layer(f"{head}_features")
            for head in ("box", "mask", "keypoint")
            if f"{head}_features" in names
        }
        _, *pyramid = self._features["box"].input  # in training, the levels as they are
        outputs = {"levels": pyramid, "deltas": rpn[:levels], "logits": rpn[levels:]}
        self.first_stage = keras.Model(model.input, {**outputs, "sizes": sizes})
        self._heads = {
            head: keras.Model(
                features.output,
                [model.get_layer(f"{head}_{output}").output for output in _OUTPUTS[head]],
            )
            for head, features in self._features.items()
        }
        self._box_weights = model.get_layer("detections").box_weights

    @property
    def label_names(self) -> list[str]:
        """The keys of the labels."""
        return ["boxes", "labels", *(f"{head}s" for head in self._heads if head != "box")]

    @property
    def loss_names(self) -> list[str]:
        """The names of the terms of the loss."""
        heads = [f"{head}_loss" for head in self._heads if head != "box"]
        return ["rpn_logits_loss", "rpn_deltas_loss", "box_logits_loss", "box_deltas_loss", *heads]

    def losses(
        self, stage: dict[str, Any], labels: dict[str, Any], training: bool = True
    ) -> dict[str, Any]:
        """Returns the terms of the loss.

        Args:
            stage: Outputs of `first_stage`.
            labels: `"boxes"` `(B, N, 4)` in pixels, `"labels"` `(B, N)`, and those of the heads.
            training: Whether batch norms of the heads use the statistics of the batch.
        """
        boxes = ops.cast(labels["boxes"], "float32")
        classes = ops.cast(labels["labels"], "int32")
        exists = (classes >= 0) & ops.all(boxes[..., 2:] > boxes[..., :2], axis=-1)
        terms = self._rpn_losses(stage, boxes, exists)
        sample = self._sample(stage, boxes, classes, exists)
        terms |= self._box_losses(stage, sample, training)
        objects = self._objects(sample)
        for head, loss in (("mask", self._mask_loss), ("keypoint", self._keypoint_loss)):
            if head in self._heads:
                terms[f"{head}_loss"] = loss(stage, objects, labels, training)
        return terms

    def _priorities(self, like):
        if self._options.sample == "first":
            places = -ops.arange(ops.shape(like)[1], dtype="float32")
            return places[None] + ops.zeros_like(like, "float32")
        return keras.random.uniform(ops.shape(like), seed=self._proposals.seed_generator)

    def _rpn_losses(self, stage, boxes, exists):
        options = self._options
        anchors = ops.concatenate(self._proposals.anchors(stage["logits"]))
        batch = ops.shape(boxes)[0]
        iou = box_iou(anchors[None], boxes)
        low, high = options.anchor_overlap
        objects, labels = match_boxes(iou, exists, low=low, high=high, best_of_each=True)
        chosen, used = sample_boxes(
            labels,
            self._priorities(labels),
            number=options.anchors,
            positive_share=options.anchor_share,
        )
        logits, deltas = (
            take_rows(
                ops.concatenate([ops.reshape(x, (batch, -1, size)) for x in stage[name]], 1), chosen
            )
            for name, size in (("logits", 1), ("deltas", 4))
        )
        positive = (take_rows(labels, chosen) == 1) & used
        targets = encode_boxes(
            take_rows(boxes, take_rows(objects, chosen)), ops.take(anchors, chosen, axis=0)
        )
        divisor = ops.cast(batch * options.anchors, "float32")
        logits_loss = _binary_cross_entropy(logits[..., 0], ops.cast(positive, "float32"))
        deltas_loss = _smooth_absolute(ops.cast(deltas, "float32") - targets, options.anchor_beta)
        return {
            "rpn_logits_loss": _sum(logits_loss, used) / divisor,
            "rpn_deltas_loss": _sum(ops.sum(deltas_loss, -1), positive) / divisor,
        }

    def _sample(self, stage, boxes, classes, exists):
        """Chooses the boxes of this step, objects first: dictionary of `(B, boxes, ...)`."""
        options = self._options
        rpn = {name: stage[name] for name in ("logits", "deltas", "sizes")}
        proposals = self._proposals(rpn, training=True)["boxes"]
        proposals = ops.concatenate([proposals, ops.where(exists[..., None], boxes, 0.0)], axis=1)
        proposals = ops.stop_gradient(proposals)
        real = ops.all(proposals[..., 2:] > proposals[..., :2], axis=-1)
        iou = box_iou(proposals, boxes)
        overlap = options.box_overlap
        objects, labels = match_boxes(iou, exists, low=overlap, high=overlap)
        labels = ops.where(real, labels, -1)
        chosen, used = sample_boxes(
            labels, self._priorities(labels), number=options.boxes, positive_share=options.box_share
        )
        objects = take_rows(objects, chosen)
        return {
            "boxes": take_rows(proposals, chosen) * ops.cast(used, "float32")[..., None],
            "used": used,
            "positive": (take_rows(labels, chosen) == 1) & used,
            "objects": objects,
            "object_boxes": take_rows(boxes, objects),
            "classes": take_rows(classes, objects),
        }

    def _head(self, head, stage, boxes, training):
        features = self._features[head]([boxes, *stage["levels"]])
        outputs = keras.tree.flatten(self._heads[head](features, training=training))
        return [ops.cast(x, "float32") for x in outputs]

    def _box_losses(self, stage, sample, training):
        logits, deltas = self._head("box", stage, sample["boxes"], training)
        shape = ops.shape(sample["used"])
        background = logits.shape[-1] - 1
        logits = ops.reshape(logits, (*shape, background + 1))
        deltas = ops.reshape(deltas, (*shape, background, 4))
        classes = ops.where(sample["positive"], sample["classes"], background)
        logits_loss = _cross_entropy(logits, classes)
        of_class = ops.minimum(classes, background - 1)[..., None, None]
        deltas = ops.take_along_axis(deltas, of_class, axis=2)[:, :, 0]
        targets = encode_boxes(sample["object_boxes"], sample["boxes"], self._box_weights)
        deltas_loss = _smooth_absolute(deltas - targets, self._options.box_beta)
        number = ops.maximum(ops.sum(ops.cast(sample["used"], "float32")), 1.0)
        return {
            "box_logits_loss": _sum(logits_loss, sample["used"]) / number,
            "box_deltas_loss": _sum(ops.sum(deltas_loss, -1), sample["positive"]) / number,
        }

    def _objects(self, sample):
        """The part of a sample that holds objects, which are the first of each image."""
        most = max(int(self._options.boxes * self._options.box_share), 1)
        if not self._features["box"].supports_jit:  # sizes may depend on values
            counts = ops.sum(ops.cast(sample["positive"], "int32"), axis=1)
            most = ops.maximum(ops.max(counts), 1)
        return {name: values[:, :most] for name, values in sample.items()}

    def _mask_loss(self, stage, sample, labels, training):
        (logits,) = self._head("mask", stage, sample["boxes"], training)
        size = logits.shape[1]
        masks = labels["masks"]
        batch, number = ops.shape(masks)[:2]
        places = ops.arange(batch, dtype="int32")[:, None] * number + sample["objects"]
        targets = mask_targets(
            ops.reshape(masks, (-1, *ops.shape(masks)[2:])),
            ops.reshape(sample["boxes"], (-1, 4)),
            ops.reshape(places, (-1,)),
            size,
            method=self._features["mask"].method,
        )
        classes = ops.reshape(ops.maximum(sample["classes"], 0), (-1, 1, 1, 1))
        logits = ops.take_along_axis(logits, classes, axis=-1)[..., 0]
        each = ops.mean(_binary_cross_entropy(logits, targets), axis=(1, 2))
        positive = ops.reshape(sample["positive"], (-1,))
        return _sum(each, positive) / ops.maximum(ops.sum(ops.cast(positive, "float32")), 1.0)

    def _keypoint_loss(self, stage, sample, labels, training):
        (logits,) = self._head("keypoint", stage, sample["boxes"], training)
        size, keypoints = logits.shape[1], logits.shape[3]
        points = take_rows(ops.cast(labels["keypoints"], "float32"), sample["objects"])
        cells, inside = keypoint_targets(
            ops.reshape(points, (-1, keypoints, 3)), ops.reshape(sample["boxes"], (-1, 4)), size
        )
        logits = ops.reshape(ops.transpose(logits, (0, 3, 1, 2)), (-1, keypoints, size * size))
        counted = inside & ops.reshape(sample["positive"], (-1, 1))
        each = _cross_entropy(logits, cells)
        return _sum(each, counted) / ops.maximum(ops.sum(ops.cast(counted, "float32")), 1.0)


_OUTPUTS = {"box": ("logits", "deltas"), "mask": ("logits",), "keypoint": ("logits",)}


def _sum(values, mask):
    return ops.sum(ops.where(mask, values, 0.0))


def _binary_cross_entropy(logits, targets):
    logits = ops.cast(logits, "float32")
    return ops.relu(logits) - logits * targets + ops.log1p(ops.exp(-ops.absolute(logits)))


def _cross_entropy(logits, labels):
    chosen = ops.take_along_axis(logits, labels[..., None], axis=-1)[..., 0]
    return ops.logsumexp(logits, axis=-1) - chosen


def _smooth_absolute(difference, beta):
    size = ops.absolute(difference)
    if beta == 0:
        return size
    return ops.where(size < beta, 0.5 * size * size / beta, size - 0.5 * beta)
