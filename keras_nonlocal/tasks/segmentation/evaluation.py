"""Evaluates a segmentation network on images with masks, also while it is trained."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import keras
import numpy as np

from ...data.error_log import ErrorLog
from ...images.image_spec import ImageSpec
from ...images.layouts import read_mask_set
from ...images.mask_set import MaskSet
from ...metrics.pixels import PixelScores, pixel_confusion
from ...utils.checks import one_of
from ...utils.progress import progress_bar
from .inference import ImageLabeler


def evaluate_segmentation(
    model: keras.Model | ImageLabeler,
    source: Any,
    spec: ImageSpec,
    *,
    on_error: Literal["raise", "skip"] = "raise",
    error_log: ErrorLog | None = None,
    progress: bool = False,
) -> PixelScores:
    """Labels every image at its own size, and counts the pixels.

    Args:
        model: The network, with logits for each class of the source; or its `ImageLabeler`, which
            is traced only once.
        source: Images with masks, in any form that `keras_nonlocal.images.read_mask_set` reads.
        spec: How images become inputs, and how they are tested.
        on_error: `"raise"` stops at the first file that cannot be read; `"skip"` leaves it out,
            with a warning.
        error_log: Records each of these files.
        progress: Whether to show a progress bar, if standard error is a terminal.

    Returns:
        The confusion matrix of all pixels, with mean IoU and accuracy.

    Raises:
        ValueError: The network and the classes do not fit, or a file cannot be read.

    Example:
        scores = evaluate_segmentation(model, "camvid/val", ImageSpec())
        print(scores.mean_iou)
    """
    one_of("on_error", on_error, ("raise", "skip"))
    masks = read_mask_set(source)
    labeler = model if isinstance(model, ImageLabeler) else ImageLabeler(model, spec)
    check_same_classes(labeler.classes, masks)
    log = error_log or ErrorLog()
    classes = len(masks.class_names)
    confusion, counted = np.zeros((classes, classes), "int64"), 0
    with progress_bar(len(masks), shown=progress) as bar:
        for index, pair in enumerate(masks.pairs):
            try:
                image, labels = masks.read(index)
            except (OSError, ValueError) as error:
                log.record(pair.image, getattr(error, "cause", str(error)), on_error)
                if on_error == "raise":
                    raise
            else:
                confusion += pixel_confusion(labels, labeler(image), classes)
                counted += 1
            bar.update()
    if counted < len(masks):
        warnings.warn(
            f"{len(masks) - counted} of {len(masks)} images could not be read and are missing "
            "from the scores.",
            stacklevel=2,
        )
    return PixelScores(masks.class_names, confusion, counted)


def check_same_classes(classes: int, masks: MaskSet) -> None:
    """Raises a `ValueError` unless the network has as many classes as the data."""
    if classes != len(masks.class_names):
        raise ValueError(
            f"The network must have the {len(masks.class_names)} classes of the masks. "
            f"Received: a network of {classes} classes"
        )


class SegmentationEvaluation(keras.callbacks.Callback):
    """Evaluates the network at the end of each epoch, and adds the metrics to the logs.

    Args:
        source: As in `evaluate_segmentation`.
        spec: As in `evaluate_segmentation`.
        network: The model to evaluate, if it is not the model in training but shares its weights.

    Attributes:
        scores: Scores of the last evaluation; `None` before the first.
        monitor: Name of the metric that selects the best weights; higher is better.

    Raises:
        ValueError: The source cannot be read.

    Example:
        model.fit(train, epochs=10, callbacks=[SegmentationEvaluation("camvid/val", ImageSpec())])
    """

    monitor = "val_mean_iou"

    def __init__(self, source: Any, spec: ImageSpec, network: keras.Model | None = None):
        super().__init__()
        self.source, self.spec, self.network = read_mask_set(source), spec, network
        self.scores: PixelScores | None = None
        self._labeler: ImageLabeler | None = None

    def on_epoch_end(self, epoch, logs=None):
        if self._labeler is None:
            network = self.model if self.network is None else self.network
            self._labeler = ImageLabeler(network, self.spec)
        self.scores = evaluate_segmentation(self._labeler, self.source, self.spec)
        if logs is not None:
            logs.update({f"val_{name}": value for name, value in self.scores.summary().items()})
