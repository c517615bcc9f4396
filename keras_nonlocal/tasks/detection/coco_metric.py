"""COCO's average precision as a Keras metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...images.object_arrays import KINDS
from ...images.objects import ObjectImage, ObjectSet
from ...metrics.coco import PREFIXES, coco_average_precision
from ...ops.box_formats import BOX_FORMATS, to_pixels
from ...ops.masks import paste_masks
from ...regions.network import SIZES
from ...utils.checks import one_of
from ...utils.run_lengths import encode_mask
from .evaluation import LOGGED


class CocoAveragePrecision(keras.metrics.Metric):
    """COCO's average precision over all batches, for `model.evaluate` and `model.fit`.

    The numbers exist once all batches were seen: while `evaluate` goes on, it shows zero. They are
    for the size at which the network sees the images. `evaluate_detection` compares images at their
    own size, as COCO's published numbers do, and knows crowds and the areas of masks: here, the
    area of an object with keypoints is that of its box, so its tolerances are wider.

    Args:
        kinds: What to compare, of `"boxes"`, `"masks"` and `"keypoints"`.
        bounding_box_format: The format of boxes in labels and outputs of the model.
        sigmas: How far annotators differ about each keypoint, as a share of the size of the object;
            only keypoints need it.
        name: Name of the metric.
        **kwargs: As in `keras.metrics.Metric`.

    Call arguments:
        y_true: A dictionary of labels, as in `keras_nonlocal.regions.RegionCNN`.
        y_pred: A dictionary of the outputs of this model, and of `"sizes"`, the height and width of
            each image `(B, 2)`, which `evaluate` adds.

    Returns:
        A dictionary of `ap`, `ap50` and `ap75` of each kind, such as `box_ap` and `mask_ap50`, from
        0 to 1; NaN if there was no object.

    Raises:
        ValueError: An argument is invalid, or labels or detections lack what is compared.
        ImportError: pycocotools is not installed.

    Example:

    >>> metric = keras_nonlocal.tasks.detection.CocoAveragePrecision()
    >>> boxes, labels = np.array([[[4.0, 4, 40, 40]]]), np.array([[1]])
    >>> found = {"boxes": boxes + 2, "labels": labels, "confidence": np.array([[0.9]])}
    >>> metric.update_state({"boxes": boxes, "labels": labels}, {**found, "sizes": [[64, 64]]})
    >>> round(metric.result()["box_ap"], 2)
    0.7
    """

    def __init__(
        self,
        kinds: Sequence[str] = ("boxes",),
        *,
        bounding_box_format: str = "xyxy",
        sigmas: Sequence[float] | None = None,
        name: str = "coco_average_precision",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.kinds = tuple(one_of("kinds", kind, KINDS) for kind in kinds)
        self.bounding_box_format = one_of("bounding_box_format", bounding_box_format, BOX_FORMATS)
        self.sigmas = None if sigmas is None else tuple(map(float, sigmas))
        if "keypoints" in self.kinds and self.sigmas is None:
            raise ValueError(
                "The average precision of keypoints needs a tolerance for each of them. Give it by "
                "`sigmas`. Received: sigmas=None"
            )
        self._objects: list[tuple[tuple[int, int], list[dict[str, Any]]]] = []
        self._found: list[dict[str, Any]] = []

    def update_state(self, y_true, y_pred, sample_weight=None):
        renamed = {**y_true, "labels": y_true.get("labels", y_true.get("classes"))}
        labels = _chosen(renamed, {"boxes", "labels", *self.kinds}, "labels")
        found = _chosen(y_pred, {"boxes", "labels", "confidence", SIZES, *self.kinds}, "outputs")
        for each in (labels, found):
            each["boxes"] = to_pixels(each["boxes"], self.bounding_box_format, found[SIZES])
        if keras.backend.backend() == "tensorflow" and not tf.executing_eagerly():
            flat = tf.nest.flatten((labels, found))

            def add(*arrays):
                self._add(*tf.nest.pack_sequence_as((labels, found), arrays))

            tf.numpy_function(add, flat, [])
        else:
            self._add(*keras.tree.map_structure(keras.ops.convert_to_numpy, (labels, found)))

    def _add(self, labels, found) -> None:
        for index, size in enumerate(found[SIZES]):
            objects = {name: values[index] for name, values in labels.items()}
            outputs = {name: values[index] for name, values in found.items()}
            exists = outputs["labels"] >= 0
            outputs = {name: outputs[name][exists] for name in outputs if name != SIZES}
            if "masks" in self.kinds:
                shape = objects["masks"].shape[1:]
                pasted = paste_masks(outputs["masks"], outputs["boxes"], shape)
                outputs["masks"] = [encode_mask(mask) for mask in pasted]
            self._objects.append(((int(size[0]), int(size[1])), self._annotations(objects)))
            self._found.append(outputs)

    def _annotations(self, objects) -> list[dict[str, Any]]:
        rows = []
        for place in np.flatnonzero(objects["labels"] >= 0):
            x0, y0, x1, y1 = objects["boxes"][place].astype(float)
            box = (x0, y0, x1 - x0, y1 - y0)
            row = {"category_id": int(objects["labels"][place]), "bbox": box}
            if "masks" in self.kinds:
                row["segmentation"] = encode_mask(objects["masks"][place])
            if "keypoints" in self.kinds:
                points = objects["keypoints"][place] - (0.5, 0.5, 0)  # COCO counts from the middle
                row["keypoints"] = points.ravel().tolist()
            rows.append(row)
        return rows

    def result(self) -> dict[str, float]:
        if keras.backend.backend() == "tensorflow" and not tf.executing_eagerly():
            return self._numbers(lambda kind, name: 0.0)
        largest = [row["category_id"] for _, rows in self._objects for row in rows]
        if not largest:
            return self._numbers(lambda kind, name: float("nan"))
        found_labels = [int(label) for found in self._found for label in found["labels"]]
        classes = tuple(range(max(largest + found_labels) + 1))
        objects = ObjectSet(
            tuple(ObjectImage("", *size, place) for place, (size, _) in enumerate(self._objects)),
            [rows for _, rows in self._objects],
            tuple(map(str, classes)),
            classes,
            keypoint_names=tuple(map(str, range(len(self.sigmas or ())))),
            sigmas=self.sigmas,
        )
        scores = coco_average_precision(objects, self._found, self.kinds).summary()
        return self._numbers(lambda kind, name: scores[f"{kind}_{name}"])

    def _numbers(self, value) -> dict[str, float]:
        kinds = [PREFIXES[kind] for kind in self.kinds]
        return {f"{kind}_{name}": value(kind, name) for kind in kinds for name in LOGGED}

    def reset_state(self):
        self._objects, self._found = [], []

    def get_config(self):
        options = ("kinds", "bounding_box_format", "sigmas")
        return {**super().get_config(), **{name: getattr(self, name) for name in options}}


def _chosen(values, names, what) -> dict[str, Any]:
    missing = sorted(name for name in names if values.get(name) is None)
    if missing:
        raise ValueError(
            f"The {what} must be a dictionary of {', '.join(sorted(names))}. Missing: "
            f"{', '.join(missing)}"
        )
    return {name: values[name] for name in names}
