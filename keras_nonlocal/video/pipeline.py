"""The `tf.data` chain of a video dataset: read clips, augment, batch, prefetch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import tensorflow as tf

from ..augmentation.base import ClipAugmentation
from ..augmentation.chain import apply, copies, flattened, with_training_flag
from ..data.tf_chain import as_written, with_fixed_tuning
from ..utils.checks import positive_int

Augment = Callable | Sequence[Callable] | None


class ClipSource(Protocol):
    """Videos from which clips are read: files or shards.

    Attributes:
        class_names: Class names by class index; empty if no video has a label.
        multi_label: Whether a video may show several classes.
        videos: Number of videos.
        num_parallel_calls: Number of videos that are read at once.
    """

    class_names: tuple[str, ...]
    multi_label: bool
    videos: int
    num_parallel_calls: int

    def order(self, seed: int) -> tf.data.Dataset:
        """Returns `(index, draw)` of all videos once, shuffled for training."""

    def clips(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """Reads clips, `(video, target, seed)` or `(video, seed)`, of videos, `(index, draw)`."""


def clip_batches(
    source: ClipSource,
    order: tf.data.Dataset,
    *,
    augment: Augment,
    batch_size: int,
    training: bool,
    full: bool = False,
) -> tf.data.Dataset:
    """Makes batches of augmented clips.

    Args:
        source: The videos.
        order: `(index, draw)` of each video, in order.
        augment: A layer of `keras_nonlocal.augmentation`, another Keras layer or function of a
            batch of clips, or a sequence of these. Layers before the first one that mixes clips are
            applied to single clips, so they may make clips of different sizes equal.
        batch_size: Clips in a batch; the last batch may have fewer.
        training: Whether random layers are active.
        full: Whether to drop a last batch with fewer clips, so that the batch size is static.

    Returns:
        Batches of `video` or `(video, target)`, with the attributes `class_names`, `multi_label`,
        and `videos`, the number of videos in an epoch.

    Raises:
        ValueError: `augment` or `batch_size` is wrong, or a layer cannot mix these clips.
    """
    layers = layers_of(augment)
    classes = len(source.class_names) or None
    check_mixing(layers, classes, positive_int("batch_size", batch_size), training=training)
    mixing = [index for index, layer in enumerate(layers) if getattr(layer, "needs_batch", False)]
    first_mixing = mixing[0] if mixing else len(layers)

    clips = source.clips(order)
    if first_mixing:
        before = layers[:first_mixing]
        clips = _augment_single_clips(clips, before, training, source.num_parallel_calls)
    batches = clips.batch(batch_size, drop_remainder=full)
    batches = batches.map(_augmentation(layers[first_mixing:], training))
    batches = with_fixed_tuning(batches.map(_without_seeds).prefetch(1))

    batches.class_names, batches.multi_label = source.class_names, source.multi_label
    batches.videos = source.videos
    return batches


def layers_of(augment: Augment) -> list[Callable]:
    """Returns the layers and functions of `augment` as a flat list.

    Raises:
        ValueError: `augment` is not callable, nor a list of callables.
    """
    if augment is None:
        return []
    layers: list = list(augment) if isinstance(augment, list | tuple) else [augment]
    if not all(map(callable, layers)):
        raise ValueError(
            "`augment` must be a layer of `keras_nonlocal.augmentation`, another function of "
            f"clips, or a list of these. Received: augment={augment!r}"
        )
    return flattened(layers)


def check_mixing(
    layers: Sequence[Callable], classes: int | None, batch_size: int, *, training: bool
) -> None:
    """Checks that layers that mix clips have clips to mix, and the number of classes of the videos.

    Raises:
        ValueError: A layer does not.
    """
    for layer in (each for each in layers if getattr(each, "needs_batch", False)):
        name, expected = type(layer).__name__, getattr(layer, "classes", None)
        if None not in (expected, classes) and expected != classes:
            raise ValueError(
                f"`augment`: {name} must have the {classes} classes of the videos. "
                f"Received: classes={expected}"
            )
        if training and batch_size == 1:
            raise ValueError(
                f"`augment`: {name} mixes the clips of a batch, or of one part of it, and needs at "
                "least two. Received: batches of 1"
            )


def _augment_single_clips(clips, layers, training, num_parallel_calls):
    """Augments each clip as a batch of one, which may become a batch of several."""
    augment, count = _augmentation(layers, training), copies(layers)

    @as_written
    def augment_clip(*element):
        return augment(*(part[None] for part in element))

    batches = clips.map(augment_clip, num_parallel_calls=num_parallel_calls)
    if count == 1:
        return batches.map(only_clip)
    length = clips.cardinality()
    clips = batches.unbatch()
    if length == tf.data.UNKNOWN_CARDINALITY:
        return clips
    return clips.apply(tf.data.experimental.assert_cardinality(length * count))


def _augmentation(layers, training):
    """A function of `(video, target, seeds)` that applies layers, each with its own seeds."""
    count = copies(layers)
    # Functions of users may have branches and loops, which AutoGraph has to convert.
    layers = [
        each
        if isinstance(each, ClipAugmentation)
        else tf.function(with_training_flag(each, training))
        for each in layers
    ]

    @as_written
    def augment(video, *rest):
        *target, seeds = rest
        labels = target[0] if target else None
        video, labels = apply(layers, video, labels, seeds if training else None)
        seeds = tf.repeat(seeds, count, axis=0)
        return (video, labels, seeds) if target else (video, seeds)

    return augment


@as_written
def only_clip(*parts):
    """Takes the only clip of a batch, without the copy that `unbatch` makes."""
    return tuple(part[0] for part in parts)


@as_written
def _without_seeds(*parts):
    return parts[:-1] if len(parts) > 2 else parts[0]
