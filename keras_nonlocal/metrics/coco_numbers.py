"""COCO's numbers, as a table, from what its library has counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np


class Number(NamedTuple):
    """One of COCO's numbers: an array, a threshold of overlap, sizes, and detections an image."""

    array: str
    threshold: float | None = None
    area: str = "all"
    detections: int = -1  # the place in the list of limits


_PRECISION = {
    "ap": Number("precision"),
    "ap50": Number("precision", 0.5),
    "ap75": Number("precision", 0.75),
    "ap_small": Number("precision", area="small"),
    "ap_medium": Number("precision", area="medium"),
    "ap_large": Number("precision", area="large"),
}
_OF_OBJECTS = {
    **_PRECISION,
    "ar1": Number("recall", detections=0),
    "ar10": Number("recall", detections=1),
    "ar100": Number("recall", detections=2),
    "ar_small": Number("recall", area="small"),
    "ar_medium": Number("recall", area="medium"),
    "ar_large": Number("recall", area="large"),
}
_OF_KEYPOINTS = {
    **{name: number for name, number in _PRECISION.items() if name != "ap_small"},
    "ar": Number("recall"),
    "ar50": Number("recall", 0.5),
    "ar75": Number("recall", 0.75),
    "ar_medium": Number("recall", area="medium"),
    "ar_large": Number("recall", area="large"),
}
NUMBERS: Mapping[str, Mapping[str, Number]] = {
    "boxes": _OF_OBJECTS,
    "masks": _OF_OBJECTS,
    "keypoints": _OF_KEYPOINTS,
}


def numbers_of(evaluator, kind: str) -> dict[str, float]:
    """Returns COCO's numbers of `"boxes"`, `"masks"` or `"keypoints"` by name."""
    params = evaluator.params
    thresholds, areas = list(np.round(params.iouThrs, 2)), list(params.areaRngLbl)
    numbers = {}
    for name, (array, threshold, area, limit) in NUMBERS[kind].items():
        # Overlap (and, of precisions, recall), class, area, and detections in an image.
        values = evaluator.eval[array][..., areas.index(area), limit]
        numbers[name] = _mean(values if threshold is None else values[thresholds.index(threshold)])
    return numbers


def class_precision(evaluator, class_names: Sequence[str]) -> dict[str, float]:
    """Returns the average precision of each class by its name."""
    precision = evaluator.eval["precision"][:, :, :, 0, -1]
    # The library sorts categories by their ids.
    order = {number: place for place, number in enumerate(evaluator.params.catIds)}
    ids = [each["id"] for each in evaluator.cocoGt.dataset["categories"]]
    return {
        name: _mean(precision[:, :, order[number]])
        for name, number in zip(class_names, ids, strict=True)
    }


def precision_curve(evaluator) -> np.ndarray:
    """Returns precision by recall for an overlap of 0.5, averaged over the classes."""
    precision = evaluator.eval["precision"][0, :, :, 0, -1]
    there = precision[:, (precision > -1).all(axis=0)]
    return there.mean(axis=1) if there.size else np.full(len(precision), np.nan)


def _mean(values) -> float:
    """The mean of what is not marked as absent by -1."""
    values = np.asarray(values)
    return float(values[values > -1].mean()) if (values > -1).any() else float("nan")
