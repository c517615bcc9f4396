"""The normalization layers of a model, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator

import keras
from keras import layers

NORMS = (
    layers.BatchNormalization,
    layers.GroupNormalization,
    layers.LayerNormalization,
    layers.RMSNormalization,
)


def norms(model: keras.Layer) -> list[keras.Layer]:
    """All layers that normalize, those within layers and models among them.

    Example:

    >>> model = keras_nonlocal.models.nl_i3d_small(classes=10, blocks=1)
    >>> [layer.name for layer in norms(model)][:2]
    ['conv1_norm', 'res2_0_1_norm']
    """
    return [layer for layer in _all_layers(model, {}) if isinstance(layer, NORMS)]


def _all_layers(layer: keras.Layer, seen: dict[int, keras.Layer]) -> Iterator[keras.Layer]:
    if id(layer) in seen:
        return
    seen[id(layer)] = layer
    yield layer
    for part in _parts(layer):
        yield from _all_layers(part, seen)


def _parts(layer: keras.Layer) -> Iterator[keras.Layer]:
    """A model lists its layers; a layer holds others as attributes, alone or in lists."""
    for value in (getattr(layer, "layers", ()), *vars(layer).values()):
        several = value if isinstance(value, list | tuple) else (value,)
        yield from (part for part in several if isinstance(part, keras.Layer))
