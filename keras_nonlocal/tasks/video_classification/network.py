"""A recipe's networks, one to train and one to ask, of the same weights; loss and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature

import keras

from ... import models
from ...training.norm_layers import norms
from ...training.task import Models
from ...training.warm_start import start_from
from ...utils.roles import LOGITS
from .recipe import VideoRecipe

TOP5_FROM = 6  # classes from which on the five likeliest tell something


def build(recipe: VideoRecipe, classes: int, *, read_weights: bool = True) -> Models:
    """The recipe's network, with the weights to start from.

    Args:
        recipe: Says which network, and what it starts from.
        classes: How many there are.
        read_weights: False leaves fresh weights, for a network that gets others anyway.

    Returns:
        `inference`, from prepared clips of any size to probabilities; and `trainer`, from prepared
        clips to logits `(B, classes)`, float32.

    Raises:
        ValueError: Arguments or weights do not fit the builder.

    Example:

    >>> recipe = VideoRecipe("nl_c2d_small", num_frames=8, frame_stride=4, size=(56, 56), epochs=1)
    >>> build(recipe, classes=10).trainer.output_shape
    (None, 10)
    """
    with _precision(recipe.precision):
        classifier = _classifier(
            recipe,
            classes=classes,
            weights="imagenet" if read_weights and recipe.weights == "imagenet" else None,
            classifier_activation="sigmoid" if recipe.multi_label else "softmax",
        )
        if read_weights and recipe.weights not in (None, "imagenet"):
            start_from(recipe.weights, classifier, recipe.builder)
        for norm in norms(classifier):
            norm.trainable = norm.trainable and not recipe.frozen_norms
            norm.synchronized = recipe.synchronized_norms
        return Models(classifier, keras.Model(classifier.input, _logits(classifier)))


def loss_of(recipe: VideoRecipe) -> keras.losses.Loss:
    """Cross-entropy after a softmax; of several classes, the mean of binary ones."""
    losses, several = keras.losses, recipe.multi_label
    kind = losses.BinaryCrossentropy if several else losses.CategoricalCrossentropy
    return kind(from_logits=True, label_smoothing=recipe.label_smoothing)


def metrics_of(recipe: VideoRecipe, classes: int) -> list[keras.metrics.Metric]:
    """The share of clips whose class is the likeliest, or among the five likeliest."""
    if recipe.multi_label:
        return []
    top1 = keras.metrics.CategoricalAccuracy(name="clip_top1")
    top5 = keras.metrics.TopKCategoricalAccuracy(5, name="clip_top5")
    return [top1, top5] if classes >= TOP5_FROM else [top1]


def _classifier(recipe: VideoRecipe, **given) -> keras.Model:
    builder = getattr(models, recipe.builder)
    known = set(signature(builder).parameters) - {*given, "include_top", "input_tensor", "name"}
    unknown = sorted(set(recipe.arguments) - known)
    if unknown:
        raise ValueError(
            f"`arguments` must be arguments of {recipe.builder} that the recipe does not set: "
            f"{', '.join(sorted(known))}. Received: {', '.join(unknown)}"
        )
    return builder(**given, **recipe.arguments)


def _logits(classifier: keras.Model):
    """Logits of a clip. Where there are several windows, those of the windows are averaged."""
    logits = classifier.get_layer(LOGITS).output
    if len(logits.shape) == 5:
        logits = keras.layers.GlobalAveragePooling3D(dtype="float32", name="clip_logits")(logits)
    return keras.layers.Activation("linear", dtype="float32", name="float32_logits")(logits)


@contextmanager
def _precision(policy: str) -> Iterator[None]:
    """Builds under a dtype policy, and puts the one of the caller back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
