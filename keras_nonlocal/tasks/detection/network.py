"""The network of a detection recipe, and its parts as they are counted for a plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras

from ...models.detection import IMAGENET_VARIANT
from ...pretrained.resolve import IMAGENET, card_for
from ...training.recipe_files import recipe_json
from ...training.run_folder import RECIPE
from ...training.task import Models
from ...utils.roles import stage_of
from ..building import build_network, precision
from ..plan import Part
from .recipe import DetectionRecipe


def build_models(recipe: DetectionRecipe, classes: int, *, read_weights: bool) -> Models:
    """Builds the network of a recipe, with its frozen stages and its smallest probability."""
    with precision(recipe.precision):
        network = build_network(
            recipe,
            recipe.builder,
            read_weights=read_weights,
            classes=classes,
            bounding_box_format="xyxy",
            options=recipe.options,
        )
    network.get_layer("detections").score_threshold = recipe.score_threshold
    for layer in network.layers:
        if stage_of(layer.name) in recipe.frozen_stages:
            layer.trainable = False
    return Models(network, network)


def with_variant(recipe: DetectionRecipe) -> DetectionRecipe:
    """Writes the variant of the weights to start from into the recipe, if it names none.

    Networks of two variants can have weights of the same shapes, and compute something else.
    """
    if recipe.weights is None or "variant" in recipe.arguments:
        return recipe
    path, variant = Path(recipe.weights), None
    if recipe.weights == IMAGENET:
        variant = IMAGENET_VARIANT
    elif path.is_dir():
        variant = recipe_json(path / RECIPE)[0].get("arguments", {}).get("variant")
    elif path.suffix != ".h5" and not path.is_file():  # a card; a file does not say it
        variant = card_for(recipe.weights, recipe.builder).arguments.get("variant")
    if variant is None:
        return recipe
    return recipe.changed(arguments={**recipe.arguments, "variant": variant})


def counted_parts(
    recipe: DetectionRecipe, shape: tuple[int, ...]
) -> Callable[[Models], list[Part]]:
    """Returns a function from models to parts: what sees the image once, and a head for each box.

    The numbers of boxes are those of a training step.
    """
    counts = {"box": recipe.boxes}
    counts |= dict.fromkeys(("mask", "keypoint"), max(int(recipe.boxes * recipe.box_share), 1))

    def parts(models: Models) -> list[Part]:
        model = models.trainer
        names = {layer.name for layer in model.layers}
        whole = keras.Model(model.inputs, model.get_layer("proposals").input)
        found = [Part(whole, shape, 1)]
        for head, count in counts.items():
            if f"{head}_features" in names:
                features = model.get_layer(f"{head}_features").output
                ends = [f"{head}_logits", f"{head}_deltas"]
                outputs = [model.get_layer(name).output for name in ends if name in names]
                found.append(Part(keras.Model(features, outputs), features.shape[1:], count))
        return found

    return parts
