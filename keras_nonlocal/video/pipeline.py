"""The `tf.data` chain of a video data set: clips are read, augmented, batched, fetched ahead."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

import tensorflow as tf

from ..augmentation.base import ClipAugmentation
from ..augmentation.chain import apply, copies, flattened, with_training_flag
from ..utils.checks import positive_int
from ..utils.compat import take_down

Augment = Callable | Sequence[Callable] | None
UNKNOWN = tf.data.UNKNOWN_CARDINALITY
# Reading functions anew as graphs takes AutoGraph most of the time in which a data set is made.
as_written = tf.autograph.experimental.do_not_convert


class ClipSource(Protocol):
    """Videos that clips are read from: files, or shards.

    Attributes:
        class_names: By class number; empty where nothing is labeled.
        multi_label: Whether a video may show several classes.
        videos: How many there are.
        num_parallel_calls: How many are read at once.
    """

    class_names: tuple[str, ...]
    multi_label: bool
    videos: int
    num_parallel_calls: int

    def order(self, seed: int) -> tf.data.Dataset:
        """`(index, draw)` of all videos once, shuffled for training."""

    def clips(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """`(index, draw)` of videos -> `(video, target, seed)` of clips, or `(video, seed)`."""


def shuffled(count: int, *, training: bool, seed: int) -> tf.data.Dataset:
    """`(index, draw)` of all videos once, in another order in each epoch of training.

    A draw is a number that decides how the video is changed at random; it is new each time.
    """
    order = tf.data.Dataset.range(count)
    if training:
        order = order.shuffle(count, seed=seed)
    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    return tf.data.Dataset.zip((order, draws))


def clip_batches(
    source: ClipSource,
    order: tf.data.Dataset,
    *,
    augment: Augment,
    batch_size: int,
    training: bool,
    full: bool = False,
) -> tf.data.Dataset:
    """Batches of augmented clips.

    Args:
        source: Where clips are read.
        order: `(index, draw)` of each video, in order.
        augment: A layer of `keras_nonlocal.augmentation`, another layer of Keras or function of a
            batch of clips, or a sequence of them. Those before the first that mixes clips are
            applied to each clip before it is batched, so that they may make clips of different
            sizes equal.
        batch_size: Clips in a batch; the last one may have fewer.
        training: Whether layers change clips at random.
        full: Whether clips that fill no batch at the end are left out; its size is known then.

    Returns:
        Batches of `video` or `(video, target)`; they have `class_names`, `multi_label`, and
        `videos`: how many there are in an epoch.
    """
    layers = layers_of(augment)
    classes = len(source.class_names) or None
    check_mixing(layers, classes, positive_int("batch_size", batch_size), training=training)
    before, mixing = _divided(layers)

    clips = source.clips(order)
    if before:
        clips = _changed_one_by_one(clips, before, training, source.num_parallel_calls)
    batches = clips.batch(batch_size, drop_remainder=full)
    batches = batches.map(_change(mixing, training))
    batches = with_fixed_tuning(batches.map(_without_seeds).prefetch(1))

    batches.class_names, batches.multi_label = source.class_names, source.multi_label
    batches.videos = source.videos
    return batches


def with_fixed_tuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """As all data sets made here end: epochs without a stall, iterators before Python.

    With autotuning on, the end of an epoch sometimes takes seconds.
    """
    _release_iterators_at_exit()
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return dataset.with_options(options)


def layers_of(augment: Augment) -> list[Callable]:
    """What is done to clips, one after the other."""
    if augment is None:
        return []
    layers: list = list(augment) if isinstance(augment, list | tuple) else [augment]
    if not all(map(callable, layers)):
        raise ValueError(
            "`augment` must be a layer of `keras_nonlocal.augmentation`, another function of "
            f"clips, or a list of them. Received: augment={augment!r}"
        )
    return flattened(layers)


def check_mixing(
    layers: Sequence[Callable], classes: int | None, batch_size: int, *, training: bool
) -> None:
    """Raises a `ValueError` where a layer that mixes clips has none to mix, or other classes."""
    for layer in (each for each in layers if getattr(each, "needs_batch", False)):
        name, meant = type(layer).__name__, getattr(layer, "classes", None)
        if None not in (meant, classes) and meant != classes:
            raise ValueError(
                f"`augment`: {name} must have the {classes} classes of the videos. "
                f"Received: classes={meant}"
            )
        if training and batch_size == 1:
            raise ValueError(
                f"`augment`: {name} mixes the clips of a batch, or of this part of it, which must "
                "be more than one. Received: batches of 1"
            )


def _divided(layers) -> tuple[list, list]:
    """What is done to each clip, and from the first layer on that mixes clips, what to batches."""
    mixing = [index for index, layer in enumerate(layers) if getattr(layer, "needs_batch", False)]
    first = mixing[0] if mixing else len(layers)
    return list(layers[:first]), list(layers[first:])


def _changed_one_by_one(clips, layers, training, num_parallel_calls):
    """Each clip as a batch of one, which may become a batch of several."""
    change, count = _change(layers, training), copies(layers)

    @as_written
    def changed(*element):
        return change(*(part[None] for part in element))

    batches = clips.map(changed, num_parallel_calls=num_parallel_calls)
    if count == 1:
        return batches.map(only_clip)
    known = clips.cardinality()
    several = batches.unbatch()
    if known == UNKNOWN:
        return several
    return several.apply(tf.data.experimental.assert_cardinality(known * count))


def _change(layers, training):
    """A function of `(video, target, seeds)` that applies layers, each with draws of its own."""
    count = copies(layers)
    # The functions of others may have branches and loops that AutoGraph has to read.
    layers = [
        each
        if isinstance(each, ClipAugmentation)
        else tf.function(with_training_flag(each, training))
        for each in layers
    ]

    @as_written
    def change(video, *rest):
        *target, seeds = rest
        labels = target[0] if target else None
        video, labels = apply(layers, video, labels, seeds if training else None)
        seeds = tf.repeat(seeds, count, axis=0)
        return (video, labels, seeds) if target else (video, seeds)

    return change


@as_written
def only_clip(*parts):
    """The one clip that there is, without the copy that `unbatch` makes."""
    return tuple(part[0] for part in parts)


@as_written
def seed_of(draw: tf.Tensor) -> tf.Tensor:
    """What a draw gives the layers of `augment`: the same from files and from shards."""
    return tf.bitcast(tf.cast(draw, tf.int64), tf.int32)


@as_written
def _without_seeds(*parts):
    return parts[:-1] if len(parts) > 2 else parts[0]


@cache
def _release_iterators_at_exit() -> None:
    """Has all iterators that are left taken down before Python ends, while it answers calls.

    TensorFlow waits for calls of Python when it takes an iterator down. A thread that asks for
    Python once that is ending never returns: a script that looked at one batch would not end.
    """
    atexit.register(_release_iterators)


def _release_iterators() -> None:
    for thing in gc.get_objects():
        if issubclass(type(thing), tf.data.Iterator):
            take_down(thing)
