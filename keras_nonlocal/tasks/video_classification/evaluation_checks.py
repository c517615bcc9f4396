"""Checks before the first video of an evaluation is read."""

from __future__ import annotations

from typing import Any

import keras

from ...data.manifest import Manifest


def check_shard_index(shard: Any) -> None:
    """Raises a `ValueError` unless `shard` is `(index, count)` with an index from 0."""
    is_pair = isinstance(shard, tuple | list) and [type(each) for each in shard] == [int, int]
    if not is_pair or not 0 <= shard[0] < shard[1]:
        raise ValueError(
            "`shard` must be `(index, count)`, where the index is at least 0 and less than count. "
            f"Received: shard={shard!r}"
        )


def check_classes(model: keras.Model, manifest: Manifest) -> None:
    """Raises a `ValueError` unless the videos have labels and the model has their classes."""
    if not any(entry.labels for entry in manifest):
        raise ValueError(
            "`source` must have labels: use a folder with one subfolder for each class, or a table "
            "with a column `label` or `labels`. Received: videos without labels"
        )
    shape = getattr(model, "output_shape", None)
    classes, names = len(manifest.class_names), ", ".join(manifest.class_names[:10])
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != classes:
        raise ValueError(
            f"`model` must give one probability for each of {classes} classes: {names}"
            f"{', ...' if classes > 10 else ''}. If it has more classes or another order, set "
            f"`class_names` to its classes. Received: a model with outputs of shape {shape}"
        )


def check_input_shape(model: keras.Model, shape: tuple[int | None, ...]) -> None:
    """Raises a `ValueError` unless a model takes views of this shape; `None` is any size."""
    inputs = list(getattr(model, "inputs", None) or ())
    if len(inputs) != 1:
        raise ValueError(
            f"`model` must be a functional model with one input. Received: model={model!r}"
        )
    expected = tuple(inputs[0].shape[1:])
    fits = len(expected) == len(shape) and all(
        size in (None, given) for size, given in zip(expected, shape, strict=True)
    )
    if not fits and None in shape:
        raise ValueError(
            "`model` must take whole frames of any height and width. Received: a model with inputs "
            f"of shape {expected}. Build it with `input_shape=(None, None, None, 3)` and load the "
            "same weights, or give `clip` this `size` and do not set `fully_convolutional`."
        )
    if not fits:
        raise ValueError(
            f"`clip` must give inputs of the shape that `model` takes, {expected}. "
            f"Received: views of shape {shape}"
        )
    try:
        model.compute_output_spec(keras.KerasTensor((1, *shape)))
    except ValueError as error:
        raise ValueError(
            "`clip` must give views that are large enough for `model`. "
            f"Received: views of shape {shape}. The model reports: {error}"
        ) from error
