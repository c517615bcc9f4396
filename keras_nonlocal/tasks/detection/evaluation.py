"""Evaluates a detection network on images with objects, also while it is trained."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import keras

from ...data.error_log import ErrorLog
from ...images.detection_image import DetectionImage
from ...images.object_layouts import read_object_set
from ...images.objects import ObjectSet
from ...images.read_images import read_image
from ...metrics.coco import CocoScores, coco_average_precision
from ...utils.checks import one_of
from ...utils.progress import progress_bar
from .inference import ImageDetector

# The number of each kind that selects the best weights: the hardest of those a network has.
_MONITORS = {"boxes": "box_ap", "masks": "mask_ap", "keypoints": "keypoint_ap"}
LOGGED = ("ap", "ap50", "ap75")  # after each epoch; a report has all numbers


def evaluate_detection(
    model: keras.Model | ImageDetector,
    source: Any,
    spec: DetectionImage,
    *,
    kinds: Sequence[str] | None = None,
    on_error: Literal["raise", "skip"] = "raise",
    error_log: ErrorLog | None = None,
    progress: bool = False,
) -> CocoScores:
    """Finds the objects of every image, and computes COCO's average precision.

    Args:
        model: The network, with the classes of the source; or its `ImageDetector`, which is traced
            only once.
        source: Images with objects, in any form that `keras_nonlocal.images.read_object_set` reads.
        spec: How images become inputs.
        kinds: What to compare, of `"boxes"`, `"masks"` and `"keypoints"`; by default all that the
            network finds and the objects have.
        on_error: `"raise"` stops at the first file that cannot be read; `"skip"` leaves it out,
            with a warning.
        error_log: Records each of these files.
        progress: Whether to show a progress bar, if standard error is a terminal.

    Returns:
        COCO's numbers of boxes, and of masks or keypoints.

    Raises:
        ImportError: pycocotools is not installed.
        ValueError: The network and the classes do not fit, a file cannot be read, or the tolerances
            of the keypoints are unknown.

    Example:
        scores = evaluate_detection(model, "coco/annotations/instances_val2017.json", spec)
        print(scores.numbers["masks"]["ap"])
    """
    detector = model if isinstance(model, ImageDetector) else ImageDetector(model, spec)
    objects = read_object_set(source, keypoints="keypoints" in detector.kinds)
    check_object_classes(detector.classes, objects)
    objects, found = detect_all(
        detector, objects, on_error=on_error, error_log=error_log, progress=progress
    )
    if kinds is None:
        kinds = [kind for kind in detector.kinds if kind in objects.kinds]
    return coco_average_precision(objects, found, kinds)


def detect_all(
    detector: ImageDetector,
    objects: ObjectSet,
    *,
    on_error: Literal["raise", "skip"] = "raise",
    error_log: ErrorLog | None = None,
    progress: bool = False,
) -> tuple[ObjectSet, list[dict[str, Any]]]:
    """Finds the objects of every image of a set.

    Returns:
        The images that could be read, and a dictionary of detections for each, with masks as run
        lengths.
    """
    one_of("on_error", on_error, ("raise", "skip"))
    log, read, found = error_log or ErrorLog(), [], []
    with progress_bar(len(objects), shown=progress) as bar:
        for index, image in enumerate(objects.images):
            try:
                pixels = read_image(image.path)
            except (OSError, ValueError) as error:
                log.record(image.path, getattr(error, "cause", str(error)), on_error)
                if on_error == "raise":
                    raise
            else:
                found.append(detector(pixels, run_lengths=True))
                read.append(index)
            bar.update()
    if len(read) == len(objects):
        return objects, found
    warnings.warn(
        f"{len(objects) - len(read)} of {len(objects)} images could not be read and are missing "
        "from the scores.",
        stacklevel=3,
    )
    return objects.part(read), found


def check_object_classes(classes: int, objects: ObjectSet) -> None:
    """Raises a `ValueError` unless the network has as many classes as the data."""
    if classes != len(objects.class_names):
        raise ValueError(
            f"The network must have the {len(objects.class_names)} classes of the objects. "
            f"Received: a network of {classes} classes"
        )


def with_tolerances(objects: ObjectSet, tolerance: float) -> ObjectSet:
    """Gives all keypoints one tolerance, if theirs are unknown."""
    if objects.sigmas is not None or not objects.keypoint_names:
        return objects
    return replace(objects, sigmas=(tolerance,) * len(objects.keypoint_names))


class DetectionEvaluation(keras.callbacks.Callback):
    """Evaluates the network at the end of each epoch, and adds the metrics to the logs.

    Args:
        source: As in `evaluate_detection`.
        spec: As in `evaluate_detection`.
        network: The model to evaluate, if it is not the model in training but shares its weights.
        kinds: As in `evaluate_detection`; by default all that the objects have.

    Attributes:
        scores: Scores of the last evaluation; `None` before the first.
        monitor: Name of the metric that selects the best weights, such as `"val_mask_ap"`; higher
            is better.

    Raises:
        ValueError: The source cannot be read.

    Example:
        evaluation = DetectionEvaluation("coco", DetectionImage(), kinds=("boxes", "masks"))
        model.fit(train, epochs=10, steps_per_epoch=100, callbacks=[evaluation])
    """

    def __init__(
        self,
        source: Any,
        spec: DetectionImage,
        network: keras.Model | None = None,
        kinds: Sequence[str] | None = None,
    ):
        super().__init__()
        self.source = read_object_set(source)
        self.spec, self.network = spec, network
        self.kinds = self.source.chosen(kinds)
        self.monitor = f"val_{_MONITORS[self.kinds[-1]]}"
        self.scores: CocoScores | None = None
        self._detector: ImageDetector | None = None

    def on_epoch_end(self, epoch, logs=None):
        if self._detector is None:
            network = self.model if self.network is None else self.network
            self._detector = ImageDetector(network, self.spec)
        self.scores = evaluate_detection(self._detector, self.source, self.spec, kinds=self.kinds)
        if logs is not None:
            logs.update(
                {
                    f"val_{name}": value
                    for name, value in self.scores.summary().items()
                    if name.split("_")[-1] in LOGGED
                }
            )
