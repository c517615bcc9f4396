"""The layers of augmentation that a recipe names, as objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .. import augmentation
from ..utils.checks import one_of


def recipe_layers(configs: Sequence[Mapping[str, Any]], known: Collection[str]) -> list[Any]:
    """Creates the layers of a recipe.

    Args:
        configs: A mapping for each layer, such as `{"layer": "RandomFlip", "p": 0.5}`.
        known: The names that the recipe may use.

    Raises:
        ValueError: A name is not known, or an argument is wrong. The error names its place.
    """
    return [_layer(index, config, known) for index, config in enumerate(configs)]


def _layer(index: int, config: Mapping[str, Any], known: Collection[str]) -> Any:
    if not isinstance(config, Mapping):
        raise ValueError(
            f"`augmentation[{index}]` must be a mapping such as {{'layer': 'RandomFlip'}}. "
            f"Received: {config!r}"
        )
    arguments = dict(config)
    name = one_of(f"augmentation[{index}].layer", arguments.pop("layer", None), known)
    try:
        return getattr(augmentation, name)(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`augmentation[{index}]`, {name}: {error}") from error
