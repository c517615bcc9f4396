"""The loss of pixels, with class weights, hard pixels and Dice; and their accuracy in training."""

from __future__ import annotations

import keras
from keras import ops

from ...metrics.pixels import IGNORED
from ...utils.checks import at_least, one_of


class PixelCrossEntropy(keras.losses.Loss):
    """Cross-entropy of labels `(B, H, W)` and logits `(B, H, W, classes)`; 255 is ignored.

    Args:
        weight: A factor of the loss, such as 0.4 for an auxiliary head.
        divide_by: `"all"` divides by the number of all pixels, as MMSegmentation does, or
            `"labeled"` by the number of labeled ones.
        class_weights: A factor for the pixels of each class; `None` for 1.
        hard_below: Only pixels count whose true class has a probability below this, and at least
            `hard_share` of them; `None` counts all (online hard example mining).
        hard_share: The least share of the labeled pixels of a batch that counts.
        dice: Weight of the Dice loss that is added: one minus the overlap of each class.
        name: The name of the loss.

    Returns:
        The loss of a batch.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> loss = PixelCrossEntropy(divide_by="labeled")
    >>> round(float(loss(np.array([[[0, 255]]]), np.zeros((1, 1, 2, 2)))), 4)
    0.6931
    """

    def __init__(
        self,
        weight: float = 1.0,
        *,
        divide_by: str = "all",
        class_weights: tuple[float, ...] | None = None,
        hard_below: float | None = None,
        hard_share: float = 0.1,
        dice: float = 0.0,
        name: str = "pixel_cross_entropy",
    ):
        super().__init__(name=name, reduction="sum_over_batch_size")
        self.weight = at_least("weight", weight, 0)
        self.divide_by = one_of("divide_by", divide_by, ("all", "labeled"))
        self.class_weights = None if class_weights is None else tuple(class_weights)
        for each in self.class_weights or ():
            at_least("class_weights", each, 0)
        self.hard_below = None if hard_below is None else at_least("hard_below", hard_below, 0)
        self.hard_share = at_least("hard_share", hard_share, 0)
        self.dice = at_least("dice", dice, 0)

    def call(self, y_true, y_pred):
        labels, logits = ops.cast(y_true, "int32"), ops.cast(y_pred, "float32")
        valid = ops.cast(labels != IGNORED, "float32")
        labels = ops.where(labels == IGNORED, 0, labels)
        log_probabilities = ops.log_softmax(logits, axis=-1)
        picked = ops.one_hot(labels, logits.shape[-1], dtype="float32")
        losses = -ops.sum(picked * log_probabilities, axis=-1)
        counted = valid
        if self.hard_below is not None:
            counted = valid * self._hard(ops.stop_gradient(ops.exp(-losses)), valid)
        factor = counted
        if self.class_weights is not None:
            factor = counted * ops.take(ops.convert_to_tensor(self.class_weights), labels)
        total = ops.sum(factor * losses)
        pixels = ops.cast(ops.size(valid), "float32") if self.divide_by == "all" else ops.sum(valid)
        loss = total / ops.maximum(pixels, 1.0)
        if self.dice:
            loss = loss + self.dice * _dice(ops.exp(log_probabilities), picked, valid[..., None])
        return self.weight * loss * ops.ones((1,))

    def _hard(self, probability, valid):
        """Marks pixels of low probability, and at least a share of all labeled ones."""
        flat = ops.reshape(ops.where(valid > 0, probability, 2.0), (-1,))
        least = ops.cast(self.hard_share * ops.sum(valid), "int32")
        border = ops.take(ops.sort(flat), ops.maximum(least - 1, 0))
        return ops.cast(probability <= ops.maximum(border, self.hard_below), "float32")

    def get_config(self):
        names = ("weight", "divide_by", "class_weights", "hard_below", "hard_share", "dice")
        return {"name": self.name, **{name: getattr(self, name) for name in names}}


def _dice(probabilities, picked, valid):
    """One minus the overlap of predicted and true pixels, the mean over all classes."""
    axes = (0, 1, 2)
    overlap = 2 * ops.sum(valid * probabilities * picked, axis=axes) + 1
    sizes = ops.sum(valid * (ops.square(probabilities) + picked), axis=axes) + 1
    return ops.mean(1 - overlap / sizes)


class PixelAccuracy(keras.metrics.Metric):
    """Share of the labeled pixels that are right, for training; pixels labeled 255 are ignored.

    Args:
        name, dtype: As in `keras.metrics.Metric`.

    Raises:
        ValueError: Labels `(B, H, W)` and logits `(B, H, W, classes)` do not fit each other.

    Example:

    >>> metric = PixelAccuracy()
    >>> metric.update_state(np.zeros((1, 2, 2)), np.zeros((1, 2, 2, 3)))
    >>> float(metric.result())
    1.0
    """

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.right = self.add_variable((), "zeros", name="right")
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels = ops.cast(y_true, "int32")
        valid = ops.cast(labels != IGNORED, self.dtype)
        found = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        self.right.assign_add(ops.sum(valid * ops.cast(found == labels, self.dtype)))
        self.total.assign_add(ops.sum(valid))

    def result(self):
        return self.right / ops.maximum(self.total, 1)
