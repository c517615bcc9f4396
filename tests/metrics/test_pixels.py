"""Metrics of pixels against loops over classes in NumPy."""

import numpy as np
import pytest

from keras_nonlocal.metrics import PixelScores, pixel_confusion


@pytest.mark.parametrize("seed", range(50))
def test_metrics_equal_a_reference(seed):
    """Classes may be absent from labels, from predictions, or from both."""
    random = np.random.default_rng(seed)
    classes = int(random.integers(2, 9))
    used = random.choice(classes, size=int(random.integers(1, classes + 1)), replace=False)
    labels = random.choice(used, (3, 9, 11))
    predictions = random.choice(random.permutation(classes)[: classes // 2 + 1], labels.shape)
    labels = np.where(random.random(labels.shape) < 0.1, 255, labels)
    scores = PixelScores(
        tuple(map(str, range(classes))), pixel_confusion(labels, predictions, classes), 3
    )
    valid = labels != 255
    ious, accuracies = [], []
    for label in range(classes):
        true, found = (labels == label) & valid, (predictions == label) & valid
        if (true | found).any():
            ious.append((true & found).sum() / (true | found).sum())
            assert scores.iou[label] == pytest.approx(ious[-1])
        else:
            assert np.isnan(scores.iou[label])
        if true.any():
            accuracies.append((true & found).sum() / true.sum())
    expected = {
        "mean_iou": np.mean(ious),
        "accuracy": (labels == predictions)[valid].mean(),
        "mean_class_accuracy": np.mean(accuracies),
    }
    assert scores.summary() == pytest.approx(expected)


def test_nothing_labeled_is_zero():
    scores = PixelScores(("a", "b"), pixel_confusion([255], [0], 2))
    assert scores.summary() == {"mean_iou": 0.0, "accuracy": 0.0, "mean_class_accuracy": 0.0}


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([0, 1], [0], "one shape"),
        ([0, 2], [0, 0], "`labels` must be 0 to 1. Received: 2"),
        ([0, -1], [0, 0], "`labels` must be 0 to 1. Received: -1"),
        ([0, 1], [0, 5], "`predictions` must be 0 to 1. Received: 5"),
    ],
)
def test_labels_that_do_not_exist_are_refused(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        pixel_confusion(labels, predictions, 2)


def test_the_matrix_has_a_row_for_each_class():
    with pytest.raises(ValueError, match="a row and a column"):
        PixelScores(("a",), np.zeros((2, 2)))
