"""The models of a recipe, for training and for inference, with the loss and the metrics."""

from __future__ import annotations

import keras

from ...training.task import Models
from ...utils.compat import output_of
from ...utils.roles import LOGITS
from ..building import build_network, precision
from .recipe import VideoRecipe

TOP5_MIN_CLASSES = 6  # with five classes, top-5 accuracy is always one


def build(recipe: VideoRecipe, classes: int, *, read_weights: bool = True) -> Models:
    """Builds the network of a recipe, with its initial weights.

    Args:
        recipe: The recipe, with the network and the weights to start from.
        classes: Number of classes.
        read_weights: Whether to read the weights to start from. A checkpoint replaces them anyway.

    Returns:
        `inference`, from preprocessed clips of any size to probabilities, and `trainer`, from
        preprocessed clips to logits, float32 `(batch, classes)`.

    Raises:
        ValueError: Arguments or weights do not fit the builder.

    Example:

    >>> recipe = VideoRecipe("nl_c2d_small", num_frames=8, frame_stride=4, size=(56, 56), epochs=1)
    >>> build(recipe, classes=10).trainer.output_shape
    (None, 10)
    """
    with precision(recipe.precision):
        classifier = build_network(
            recipe,
            recipe.builder,
            read_weights=read_weights,
            classes=classes,
            classifier_activation="sigmoid" if recipe.multi_label else "softmax",
        )
        return Models(classifier, keras.Model(classifier.input, _logits(classifier)))


def loss_of(recipe: VideoRecipe) -> keras.losses.Loss:
    """Returns the categorical cross-entropy; for a multi-label recipe, the binary one."""
    options = {"from_logits": True, "label_smoothing": recipe.label_smoothing}
    if recipe.multi_label:
        return keras.losses.BinaryCrossentropy(**options)
    return keras.losses.CategoricalCrossentropy(**options)


def metrics_of(recipe: VideoRecipe, classes: int) -> list[keras.metrics.Metric]:
    """Returns top-1 and top-5 accuracy of clips; a multi-label recipe has no training metrics."""
    if recipe.multi_label:
        return []
    top1 = keras.metrics.CategoricalAccuracy(name="clip_top1")
    top5 = keras.metrics.TopKCategoricalAccuracy(5, name="clip_top5")
    return [top1, top5] if classes >= TOP5_MIN_CLASSES else [top1]


def _logits(classifier: keras.Model):
    """The logits of a clip, averaged over windows if the head has several."""
    logits = output_of(classifier, LOGITS)
    if len(logits.shape) == 5:
        logits = keras.layers.GlobalAveragePooling3D(dtype="float32", name="clip_logits")(logits)
    return keras.layers.Activation("linear", dtype="float32", name="float32_logits")(logits)
