"""What has to fit before the first video is read."""

from __future__ import annotations

from typing import Any

import keras

from ...data.manifest import Manifest


def check_shard_index(shard: Any) -> None:
    """Raises unless `shard` is `(index, count)`, counted from zero."""
    whole = isinstance(shard, tuple | list) and len(shard) == 2
    if (
        not whole
        or not all(type(number) is int for number in shard)
        or not 0 <= shard[0] < shard[1]
    ):
        raise ValueError(
            "`shard` must be `(index, count)` with an index from 0 to below count. "
            f"Received: shard={shard!r}"
        )


def check_classes(model: keras.Model, manifest: Manifest) -> None:
    """Raises unless every video has a label among as many classes as the network has outputs."""
    if not any(entry.labels for entry in manifest):
        raise ValueError(
            "`source` must say what is in its videos: a folder for each class, or a table with a "
            "column `label` or `labels`. Received: videos without labels"
        )
    shape = getattr(model, "output_shape", None)
    classes, names = len(manifest.class_names), ", ".join(manifest.class_names[:10])
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] != classes:
        raise ValueError(
            f"`model` must give one probability for each of {classes} classes: {names}"
            f"{', ...' if classes > 10 else ''}. If it knows more or in another order, name its "
            f"classes by `class_names`. Received: a model with outputs {shape}"
        )


def check_fits(model: keras.Model, shape: tuple[int | None, ...]) -> None:
    """Raises unless a model takes views of this shape; `None` where they may have any size."""
    inputs = list(getattr(model, "inputs", None) or ())
    if len(inputs) != 1:
        raise ValueError(f"`model` must be a functional model of one input. Received: {model!r}")
    fixed = tuple(inputs[0].shape[1:])
    if len(fixed) == len(shape) and all(
        size in (None, given) for size, given in zip(fixed, shape, strict=True)
    ):
        return _check_passes(model, shape)
    if None in shape:
        raise ValueError(
            "Views of whole frames have any height and width, and the input of `model` is fixed, "
            f"{fixed}. Build it with `input_shape=(None, None, None, 3)` and load the same "
            "weights, or give `clip` that `size` without `fully_convolutional`."
        )
    raise ValueError(
        f"`clip` must give what `model` takes, {fixed}. Received: views of {shape}, prepared"
    )


def _check_passes(model: keras.Model, shape: tuple[int | None, ...]) -> None:
    try:
        model.compute_output_spec(keras.KerasTensor((1, *shape)))
    except ValueError as error:
        raise ValueError(
            f"`clip` must give views that `model` can take. Received: views of {shape}, prepared, "
            f"at which it fails: {error}"
        ) from error
