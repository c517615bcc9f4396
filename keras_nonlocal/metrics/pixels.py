"""Metrics of pixels: a confusion matrix, intersection over union, and accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

IGNORED = 255  # the label of pixels that neither a loss nor a metric counts


@dataclass(frozen=True)
class PixelScores:
    """The confusion matrix of all labeled pixels.

    Attributes:
        class_names: Names of the classes.
        confusion: Number of pixels by true class (row) and predicted class (column), int64.
        images: Number of images.

    Raises:
        ValueError: The matrix is not square, or has not a row for each class.

    Example:

    >>> scores = PixelScores(("sky", "road"), np.array([[3, 1], [0, 4]]), images=1)
    >>> round(scores.mean_iou, 3), scores.accuracy
    (0.775, 0.875)
    """

    class_names: tuple[str, ...]
    confusion: np.ndarray
    images: int = 0

    def __post_init__(self):
        if self.confusion.shape != (len(self.class_names),) * 2:
            raise ValueError(
                "`confusion` must have a row and a column for each class. Received: shape "
                f"{self.confusion.shape} for {len(self.class_names)} classes"
            )

    @property
    def iou(self) -> np.ndarray:
        """Intersection over union of each class; NaN for classes that are absent everywhere."""
        both = np.diag(self.confusion)
        either = self.confusion.sum(0) + self.confusion.sum(1) - both
        return np.where(either > 0, both / np.maximum(either, 1), np.nan)

    @property
    def class_accuracy(self) -> np.ndarray:
        """Share of the pixels of each class that are right; NaN for classes without pixels."""
        pixels = self.confusion.sum(1)
        return np.where(pixels > 0, np.diag(self.confusion) / np.maximum(pixels, 1), np.nan)

    @property
    def mean_iou(self) -> float:
        """Mean over the classes that occur in labels or predictions; 0 if there are none."""
        present = self.iou[~np.isnan(self.iou)]
        return float(present.mean()) if present.size else 0.0

    @property
    def accuracy(self) -> float:
        """Share of all labeled pixels that are right; 0 if there are none."""
        return float(np.trace(self.confusion) / max(self.confusion.sum(), 1))

    def summary(self) -> dict[str, float]:
        """Returns the metrics by name: `mean_iou`, `accuracy` and `mean_class_accuracy`."""
        means = self.class_accuracy[~np.isnan(self.class_accuracy)]
        return {
            "mean_iou": self.mean_iou,
            "accuracy": self.accuracy,
            "mean_class_accuracy": float(means.mean()) if means.size else 0.0,
        }


def pixel_confusion(labels, predictions, classes: int) -> np.ndarray:
    """Counts pixels by true and predicted class.

    Args:
        labels: Labels from 0 to `classes - 1`; 255 is ignored.
        predictions: Predicted classes of the same shape.
        classes: Number of classes.

    Returns:
        int64 `(classes, classes)`: rows are true classes, columns are predicted ones.

    Raises:
        ValueError: The shapes differ, or a label or a prediction is not of a class.

    Example:

    >>> pixel_confusion([0, 1, 255], [0, 0, 1], 2).tolist()
    [[1, 0], [1, 0]]
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape:
        raise ValueError(
            "`labels` and `predictions` must have one shape. Received: "
            f"{labels.shape} and {predictions.shape}"
        )
    valid = labels != IGNORED
    true, predicted = labels[valid].astype("int64"), predictions[valid].astype("int64")
    for name, values in (("labels", true), ("predictions", predicted)):
        if values.size and not 0 <= values.min() <= values.max() < classes:
            wrong = values.min() if values.min() < 0 else values.max()
            raise ValueError(f"`{name}` must be 0 to {classes - 1}. Received: {wrong}")
    counts = np.bincount(true * classes + predicted, minlength=classes**2)
    return counts.reshape(classes, classes)
