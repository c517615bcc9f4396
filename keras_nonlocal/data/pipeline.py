"""Clips one by one -> augmented batches: wiring that video files and shards share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from ..validation import positive_int

Augment = Callable | Sequence[Callable] | None


def finish(
    clips: tf.data.Dataset, *, augment: Augment, batch_size: int, training: bool, workers: int
) -> tf.data.Dataset:
    """Augments clips, batches them, and fetches one batch ahead.

    Args:
        clips: Elements `(video, seed)` or `(video, target, seed)`; a seed is int32 `(2,)`.
        augment: A layer of `keras_nonlocal.augmentation`, another function of a batch of clips, or
            a sequence of them. Those up to the first that mixes clips are applied to each clip
            before it is batched, so that they may make clips of different sizes equal.
        batch_size: Clips in a batch; the last one may have fewer.
        training: Whether layers change clips at random.
        workers: How many clips are augmented at once.

    Returns:
        Batches of `video` or `(video, target)`.
    """
    layers = augment if isinstance(augment, Sequence) else [augment] if augment else []
    alone, together = _divided(layers)
    if alone:
        clips = clips.map(_on_one(alone, training), num_parallel_calls=workers)
    batches = clips.batch(positive_int("batch_size", batch_size))
    batches = batches.map(_without_seeds(together, training), num_parallel_calls=1)
    return with_fixed_tuning(batches.prefetch(1))


def with_fixed_tuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Switches autotuning off: with it, the end of an epoch sometimes stalls for seconds."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return dataset.with_options(options)


def _divided(layers) -> tuple[list, list]:
    """What is done to each clip, and from the first layer on that mixes clips, what to batches."""
    mixing = [index for index, layer in enumerate(layers) if getattr(layer, "needs_batch", False)]
    first = mixing[0] if mixing else len(layers)
    return list(layers[:first]), list(layers[first:])


def _on_one(layers, training):
    """As a batch of one, in and out."""

    def change(*element):
        *batch, seeds = (part[None] for part in element)
        return (*(part[0] for part in _applied(layers, batch, seeds, training)), element[-1])

    return change


def _without_seeds(layers, training):
    def change(*element):
        *batch, seeds = element
        changed = _applied(layers, batch, seeds, training)
        return tuple(changed) if len(changed) > 1 else changed[0]

    return change


def _applied(layers, batch, seeds, training):
    for layer in layers:
        if hasattr(layer, "augment") and training:
            labels = batch[1] if len(batch) > 1 else None
            batch = [part for part in layer.augment(batch[0], labels, seeds) if part is not None]
        elif hasattr(layer, "augment"):
            batch[0] = layer(batch[0], training=False)
        else:
            batch[0] = layer(batch[0])
    return batch
