"""A recipe's clips: augmented and prepared for training, prepared for testing."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ..data import prepare, training_stream
from .recipe import Recipe


def training_clips(recipe: Recipe, source: Any, **options) -> tf.data.Dataset:
    """Batches to train on, without end: prepared clips and one row of targets for each.

    Args:
        recipe: Says how clips are cut, changed, prepared and batched.
        source: Videos and their classes, as `keras_nonlocal.data.read_source` reads them.
        **options: `first`, `part`, `service` and the like of `keras_nonlocal.data.training_stream`.

    Returns:
        A dataset of float32 `(batch, frames, H, W, 3)` and `(batch, classes)`.

    Raises:
        ValueError: Nothing is labelled, or clips have several labels and the recipe expects one.

    Example:
        clips, targets = next(iter(training_clips(recipe, "actions")))
    """

    @tf.autograph.experimental.do_not_convert
    def prepared(clips):
        return prepare(clips, **recipe.preparation)

    stream = training_stream(
        source,
        clip=recipe.training_clip,
        augment=[*recipe.layers(), prepared],
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        **options,
    )
    classes = len(stream.class_names)
    check_labels(recipe, stream)

    @tf.autograph.experimental.do_not_convert
    def with_rows(clips, labels):
        return clips, _rows(labels, classes)

    rows = stream.map(with_rows)
    rows.class_names, rows.clips = stream.class_names, stream.clips
    return rows


def _rows(labels: tf.Tensor, classes: int) -> tf.Tensor:
    """Integer labels as rows; rows, which layers that mix clips give, as they are."""
    return tf.one_hot(labels, classes) if labels.shape.rank == 1 else tf.cast(labels, tf.float32)


def check_labels(recipe: Recipe, data: Any) -> None:
    """Raises a `ValueError` unless data, which know their classes, are what the recipe learns."""
    if not data.class_names:
        raise ValueError("The videos have no classes to learn. Give a source with labels.")
    if data.multi_label and not recipe.multi_label:
        raise ValueError(
            "Videos of this source may show several classes; the recipe expects one. "
            "Set `multi_label` to true."
        )
