"""Training data of a recipe: augmented and preprocessed clips with their targets."""

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
    """Reads the list of training videos.

    Returns:
        The manifest or the folder of shards, and a description of the data.

    Raises:
        ValueError: The source does not have this split, or it is a folder of shards, which have no
            splits.
    """
    name = str(source) if isinstance(source, str | os.PathLike) else type(source).__name__
    if holds_shards(source):
        if split is not None:
            raise ValueError(
                "`split` must be None for a folder of shards. Write each split to a folder of its "
                f"own. Received: split={split!r} for {name!r}"
            )
        shards = read_set(source)
        labels = shards.class_names, shards.multi_label
        return source, TrainingData(name, shards.clips, *labels, shards.source)
    manifest = read_source(source, split=split)
    check_manifest(manifest)
    labels = manifest.class_names if manifest.labeled else (), manifest.multi_label
    return manifest, TrainingData(name, len(manifest), *labels, manifest.digest)


def training_clips(recipe: VideoRecipe, source: Any, **options) -> tf.data.Dataset:
    """Creates the endless dataset of training batches of a recipe.

    Args:
        recipe: The recipe, with the clips, their augmentation and preprocessing, and batch size.
        source: Labeled videos, in any form that `keras_nonlocal.data.read_source` reads, or a
            folder of shards.
        **options: Further arguments of `keras_nonlocal.video.training_stream`, such as `first`,
            `shard` or `service`.

    Returns:
        A `tf.data.Dataset` of preprocessed clips, float32 `(batch, frames, height, width, 3)`, and
        targets, float32 `(batch, classes)`.

    Raises:
        ValueError: The videos have no labels, or several labels where the recipe expects one.

    Example:
        clips, targets = next(iter(training_clips(recipe, "actions")))
    """
    clip = recipe.training_clip

    @tf.autograph.experimental.do_not_convert
    def preprocess_clips(clips):
        return preprocess(clips, **clip.preprocessing)

    stream = training_stream(
        source,
        clip=clip,
        augment=[*recipe.layers(), preprocess_clips],
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        **options,
    )
    classes = len(stream.class_names)
    check_labels(recipe, stream)

    @tf.autograph.experimental.do_not_convert
    def with_targets(clips, labels):
        # Multi-hot labels and layers that mix clips already give one row for each clip.
        is_index = labels.shape.rank == 1
        return clips, tf.one_hot(labels, classes) if is_index else tf.cast(labels, tf.float32)

    batches = stream.map(with_targets)
    batches.class_names, batches.videos = stream.class_names, stream.videos
    return batches


def check_labels(recipe: VideoRecipe, data: Any) -> None:
    """Raises a `ValueError` unless the labels of the data fit the recipe."""
    if not data.class_names:
        raise ValueError(
            "The training videos must have labels: use a folder with one subfolder for each class, "
            "or a list with labels. Received: videos without labels"
        )
    if data.multi_label and not recipe.multi_label:
        raise ValueError(
            "The training videos must have one label each. Received: videos that may have several "
            "labels. Set `multi_label` of the recipe to true to train on them."
        )
