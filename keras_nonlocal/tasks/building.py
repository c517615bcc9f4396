"""Builds the network of a recipe of any task, with its initial weights and its norms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature

import keras

from .. import models
from ..pretrained.resolve import IMAGENET
from ..training.norm_layers import norms
from ..training.recipe import BaseRecipe
from ..training.warm_start import start_from


def build_network(
    recipe: BaseRecipe, builder: str, *, read_weights: bool = True, **arguments
) -> keras.Model:
    """Builds the network of a recipe, with its initial weights.

    Args:
        recipe: The recipe, with the arguments of the network and the weights to start from.
        builder: Name of a builder in `keras_nonlocal.models`.
        read_weights: Whether to read the weights to start from. A checkpoint replaces them anyway.
        **arguments: The arguments of the builder that the task sets.

    Raises:
        ValueError: Arguments or weights do not fit the builder.
    """
    build = getattr(models, builder)
    of_the_task = {*arguments, "weights", "include_top", "input_tensor", "name"}
    known = set(signature(build).parameters) - of_the_task
    unknown = sorted(set(recipe.arguments) - known)
    if unknown:
        raise ValueError(
            f"`arguments` must be arguments of {builder} that the recipe does not set: "
            f"{', '.join(sorted(known))}. Received: {', '.join(unknown)}"
        )
    weights = recipe.weights if read_weights else None
    first = IMAGENET if weights == IMAGENET else None
    network = build(weights=first, **arguments, **recipe.arguments)
    if weights not in (None, IMAGENET):
        start_from(weights, network, builder)
    for norm in norms(network):
        norm.trainable = norm.trainable and not recipe.frozen_norms
        norm.synchronized = recipe.synchronized_norms
    return network


@contextmanager
def precision(policy: str) -> Iterator[None]:
    """Sets a dtype policy, and restores that of the caller at the end."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
