"""Average precision of boxes, masks and keypoints, as COCO defines it."""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .coco_numbers import class_precision, numbers_of, precision_curve
from .coco_results import KINDS, Detections, ground_truth, result_rows

# Modules with the classes `COCO` and `COCOeval`, the fastest first; all give the same numbers.
_LIBRARIES = (
    ("hotcoco", "COCO", "COCOeval"),
    ("faster_coco_eval", "COCO", "COCOeval_faster"),
    ("pycocotools.coco", "COCO", None),
    ("pycocotools.cocoeval", None, "COCOeval"),
)
_TYPES = {"boxes": "bbox", "masks": "segm", "keypoints": "keypoints"}
PREFIXES = {"boxes": "box", "masks": "mask", "keypoints": "keypoint"}


@dataclass(frozen=True)
class CocoScores:
    """COCO's numbers for each of `"boxes"`, `"masks"` and `"keypoints"` that was compared.

    Attributes:
        class_names: Names of the classes.
        numbers: COCO's 12 numbers of boxes and masks and its 10 of keypoints by name, from 0 to 1:
            `ap` (the mean over overlaps from 0.5 to 0.95), `ap50`, `ap75`, `ap_small` (areas below
            32x32 pixels), `ap_medium`, `ap_large` (above 96x96), `ar1` (average recall with one
            detection in each image), `ar10`, `ar100` and others; NaN where there are no objects.
        class_ap: `ap` of each class by its name; NaN for classes without objects.
        precision: Precision at the recalls 0, 0.01, ..., 1 for an overlap of 0.5, averaged over the
            classes, float64 `(101,)`.
        images: Number of images.

    Raises:
        ValueError: Nothing was compared.

    Example:
        scores = keras_nonlocal.metrics.coco_average_precision(objects, detections)
        print(scores.numbers["boxes"]["ap50"], scores.class_ap["boxes"])
    """

    class_names: tuple[str, ...]
    numbers: Mapping[str, Mapping[str, float]]
    class_ap: Mapping[str, Mapping[str, float]]
    precision: Mapping[str, np.ndarray]
    images: int = 0

    def __post_init__(self):
        if not self.numbers:
            raise ValueError(f"`numbers` must have one of {KINDS}. Received: {self.numbers!r}")

    def summary(self) -> dict[str, float]:
        """Returns the numbers by name, such as `box_ap`, `mask_ap50` and `keypoint_ap_large`.

        Those for sizes of which there are no objects are left out.
        """
        return {
            f"{PREFIXES[kind]}_{name}": value
            for kind, numbers in self.numbers.items()
            for name, value in numbers.items()
            if not np.isnan(value)
        }


def coco_average_precision(
    objects, detections: Sequence[Detections], kinds: Sequence[str] | None = None
) -> CocoScores:
    """Compares detections with objects by COCO's rules.

    It needs pycocotools; hotcoco or faster-coco-eval, which give the same numbers sooner, is used
    where it is installed.

    Args:
        objects: The images with objects, a `keras_nonlocal.images.ObjectSet`. Objects without an
            `area` have that of their mask, or of their box.
        detections: For each image a dict, in pixels of the original image: `"boxes"` `(N, 4)` as
            corners x0, y0, x1 and y1, `"confidence"` and `"labels"` `(N,)`, `"masks"` as bool
            `(N, H, W)` or as COCO's run lengths, and `"keypoints"` `(N, K, 3)` of x, y (0.5 is the
            middle of the first pixel) and a score. `N` may be 0.
        kinds: What to compare, of `"boxes"`, `"masks"` and `"keypoints"`; by default all that both
            have.

    Returns:
        The numbers.

    Raises:
        ImportError: None of these libraries is installed.
        ValueError: The arrays do not fit together, there is nothing to compare, or the tolerances
            of the keypoints are unknown.

    Example:
        scores = coco_average_precision(objects, detections)
        print(scores.summary()["box_ap"])
    """
    if kinds is None:
        given = set().union(*detections) if detections else set()
        kinds = [kind for kind in objects.kinds if kind in given]
    if not kinds:
        raise ValueError(
            f"There is nothing to compare. The objects have {objects.kinds}. Received: kinds="
            f"{kinds!r}, and detections with {sorted(set().union(*detections))}"
        )
    kinds = objects.chosen(kinds)
    if "keypoints" in kinds and objects.sigmas is None:
        raise ValueError(
            "The average precision of keypoints needs a tolerance for each of them. Give them by "
            "`dataclasses.replace(objects, sigmas=...)`. Received: a set with sigmas=None"
        )
    dataset_class, evaluator_class = _library()
    truth = ground_truth(objects, kinds)
    ids = [image["id"] for image in truth["images"]]
    evaluated = {}
    for kind in kinds:
        rows = result_rows(objects, detections, [kind], ids)
        with contextlib.redirect_stdout(io.StringIO()):
            evaluator = evaluator_class(*_datasets(dataset_class, truth, rows), _TYPES[kind])
            if kind == "keypoints":
                evaluator.params.kpt_oks_sigmas = np.array(objects.sigmas)
            evaluator.evaluate()
            evaluator.accumulate()
        evaluated[kind] = evaluator
        if not (evaluator.eval["precision"] > -1).any():
            raise ValueError(
                f"The {len(objects)} images have no {kind} of objects to be found, so the average "
                "precision is not defined."
            )
    return CocoScores(
        tuple(objects.class_names),
        {kind: numbers_of(each, kind) for kind, each in evaluated.items()},
        {kind: class_precision(each, objects.class_names) for kind, each in evaluated.items()},
        {kind: precision_curve(each) for kind, each in evaluated.items()},
        len(objects),
    )


def _library():
    """Returns the classes of the fastest library that is installed."""
    found: dict[int, Any] = {}
    for name, *classes in _LIBRARIES:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        for place, each in enumerate(classes):
            if each is not None:
                found.setdefault(place, getattr(module, each))
    if len(found) < 2:
        raise ImportError(
            'COCO\'s average precision needs pycocotools: pip install "keras_nonlocal[coco]"'
        )
    return found[0], found[1]


def _datasets(dataset_class, truth, rows):
    """Returns objects and detections as two data sets of the library."""
    objects, found = dataset_class(), dataset_class()
    # The library writes into the rows.
    objects.dataset = {**truth, "annotations": [dict(row) for row in truth["annotations"]]}
    objects.createIndex()
    if rows:
        return objects, objects.loadRes(rows)
    found.dataset = {**truth, "annotations": []}  # `loadRes` fails without any
    found.createIndex()
    return objects, found
