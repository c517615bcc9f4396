"""A recipe's clips: augmented and prepared for training, prepared for testing."""

from __future__ import annotations

import os
from typing import Any

import tensorflow as tf

from ...data.sources.check import check_manifest
from ...data.sources.read import read_source
from ...training.task import TrainingData
from ...video.preprocessing import preprocess
from ...video.shards.index import holds_shards, read_set
from ...video.stream import training_stream
from .recipe import VideoRecipe


def open_source(source: Any, split: str | None = None) -> tuple[Any, TrainingData]:
    """Videos to train on, read once, and what they are.

    Returns:
        A manifest, or the folder of shards, and its description.

    Raises:
        ValueError: The source has no such split; shards have none.
    """
    name = str(source) if isinstance(source, str | os.PathLike) else type(source).__name__
    if holds_shards(source):
        if split is not None:
            raise ValueError(
                f"Shards have no splits: write those of each into a folder of its own. "
                f"Received: split={split!r} of {name!r}"
            )
        shards = read_set(source)
        kinds = shards.class_names, shards.multi_label
        return source, TrainingData(name, shards.clips, *kinds, shards.source)
    manifest = read_source(source, split=split)
    check_manifest(manifest)
    kinds = manifest.class_names if manifest.labeled else (), manifest.multi_label
    return manifest, TrainingData(name, len(manifest), *kinds, manifest.digest)


def training_clips(recipe: VideoRecipe, source: Any, **options) -> tf.data.Dataset:
    """Batches to train on, without end: prepared clips and one row of targets for each.

    Args:
        recipe: Says how clips are cut, changed, prepared and batched.
        source: Videos and their classes, as `keras_nonlocal.data.read_source` reads them.
        **options: `first`, `shard`, `service` and others of `keras_nonlocal.video.training_stream`.

    Returns:
        A dataset of float32 `(batch, frames, H, W, 3)` and `(batch, classes)`.

    Raises:
        ValueError: Nothing is labeled, or clips have several labels and the recipe expects one.

    Example:
        clips, targets = next(iter(training_clips(recipe, "actions")))
    """
    clip = recipe.training_clip

    @tf.autograph.experimental.do_not_convert
    def prepared(clips):
        return preprocess(clips, **clip.preprocessing)

    stream = training_stream(
        source,
        clip=clip,
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
    rows.class_names, rows.videos = stream.class_names, stream.videos
    return rows


def _rows(labels: tf.Tensor, classes: int) -> tf.Tensor:
    """Integer labels as rows; rows, which layers that mix clips give, as they are."""
    return tf.one_hot(labels, classes) if labels.shape.rank == 1 else tf.cast(labels, tf.float32)


def check_labels(recipe: VideoRecipe, data: Any) -> None:
    """Raises a `ValueError` unless data, which know their classes, are what the recipe learns."""
    if not data.class_names:
        raise ValueError("The videos have no classes to learn. Give a source with labels.")
    if data.multi_label and not recipe.multi_label:
        raise ValueError(
            "Videos of this source may show several classes; the recipe expects one. "
            "Set `multi_label` to true."
        )
