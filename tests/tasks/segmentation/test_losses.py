"""The loss of pixels against NumPy in float64."""

import numpy as np
import pytest

from keras_nonlocal.tasks.segmentation import PixelAccuracy, PixelCrossEntropy

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(2, 5, 6, 4)) * 2
LABELS = np.where(RANDOM.random((2, 5, 6)) < 0.2, 255, RANDOM.integers(0, 4, (2, 5, 6)))


def reference(labels=LABELS, logits=LOGITS, divide_by="all", weights=None, hard=None, share=0.1):
    """The cross-entropy, pixel by pixel."""
    losses, factors = [], []
    for label, scores in zip(labels.ravel(), logits.reshape(-1, 4), strict=True):
        if label != 255:
            p = np.exp(scores - scores.max())
            losses.append(-np.log(p[label] / p.sum()))
            factors.append(1.0 if weights is None else weights[label])
    losses, factors = np.array(losses), np.array(factors)
    if hard is not None:
        probabilities = np.exp(-losses)
        border = np.sort(probabilities)[int(share * len(losses)) - 1]
        factors = factors * (probabilities <= max(border, hard))
    return (losses * factors).sum() / (labels.size if divide_by == "all" else len(losses))


@pytest.mark.parametrize("divide_by", ["all", "labeled"])
@pytest.mark.parametrize("weights", [None, (0.5, 1.0, 2.0, 4.0)])
@pytest.mark.parametrize(("hard", "share"), [(None, 0.1), (0.3, 0.1), (0.001, 0.5)])
def test_cross_entropy(divide_by, weights, hard, share):
    loss = PixelCrossEntropy(
        0.4, divide_by=divide_by, class_weights=weights, hard_below=hard, hard_share=share
    )
    expected = 0.4 * reference(divide_by=divide_by, weights=weights, hard=hard, share=share)
    assert float(loss(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-5)


def test_dice_is_added():
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)
    valid = (LABELS != 255)[..., None]
    picked = np.eye(4)[np.where(LABELS == 255, 0, LABELS)]
    overlap = 2 * (valid * p * picked).sum((0, 1, 2)) + 1
    dice = (1 - overlap / ((valid * (p**2 + picked)).sum((0, 1, 2)) + 1)).mean()
    found = float(PixelCrossEntropy(dice=0.5)(LABELS, LOGITS))
    assert found == pytest.approx(reference() + 0.5 * dice, rel=1e-5)


def test_nothing_labeled_is_a_loss_of_zero():
    for divide_by in ("all", "labeled"):
        loss = PixelCrossEntropy(divide_by=divide_by, hard_below=0.7)
        assert float(loss(np.full((1, 2, 2), 255), np.zeros((1, 2, 2, 4)))) == 0.0


def test_losses_are_made_again_from_their_configuration():
    loss = PixelCrossEntropy(0.4, class_weights=(1.0, 2.0, 3.0, 4.0), dice=0.1, hard_below=0.9)
    again = PixelCrossEntropy.from_config(loss.get_config())
    assert float(again(LABELS, LOGITS)) == float(loss(LABELS, LOGITS))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"divide_by": "none"}, "divide_by"),
        ({"class_weights": (-1.0,)}, "class_weights"),
        ({"dice": float("nan")}, "dice"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        PixelCrossEntropy(**options)


def test_accuracy_counts_labeled_pixels():
    metric = PixelAccuracy()
    metric.update_state(LABELS, LOGITS)
    metric.update_state(LABELS[:1], LOGITS[:1])
    valid = LABELS != 255
    right = (LOGITS.argmax(-1) == LABELS) & valid
    expected = (right.sum() + right[:1].sum()) / (valid.sum() + valid[:1].sum())
    assert float(metric.result()) == pytest.approx(expected)
