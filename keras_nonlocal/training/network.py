"""A recipe's network: one to train, which ends in logits, and one to ask, of the same weights."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature

import keras

from .. import models
from .norms import norms
from .recipe import Recipe
from .start import start_from


@dataclass(frozen=True)
class Network:
    """Two models of the same weights.

    Attributes:
        classifier: From prepared clips of any size to probabilities.
        trainer: From prepared clips to logits `(B, classes)`, float32.
    """

    classifier: keras.Model
    trainer: keras.Model


def build(recipe: Recipe, classes: int, *, read_weights: bool = True) -> Network:
    """The recipe's network, with the weights to start from.

    Args:
        recipe: Says which network, and what it starts from.
        classes: How many there are.
        read_weights: False leaves fresh weights, for a network that gets others anyway.

    Raises:
        ValueError: Arguments or weights do not fit the builder.

    Example:

    >>> from keras_nonlocal.training import Recipe
    >>> recipe = Recipe("nl_c2d_small", frames=8, stride=4, size=(56, 56), epochs=1)
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
        return Network(classifier, keras.Model(classifier.input, _logits(classifier)))


def _classifier(recipe: Recipe, **given) -> keras.Model:
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
    logits = classifier.get_layer("logits").output
    if len(logits.shape) == 5:
        logits = keras.layers.GlobalAveragePooling3D(dtype="float32", name="clip_logits")(logits)
    return keras.layers.Activation("linear", dtype="float32", name="float32_logits")(logits)


@contextmanager
def _precision(policy: str):
    """Builds under a dtype policy, and puts the one of the caller back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
