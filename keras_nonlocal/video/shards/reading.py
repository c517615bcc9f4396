"""Shards -> clips, by a graph of TensorFlow alone, so that other machines can run it."""

from __future__ import annotations

from itertools import count as numbers_from

import tensorflow as tf

from ...utils.checks import PathLike
from ..clip_spec import ClipSpec
from ..pipeline import seed_of, shuffled, with_fixed_tuning
from ..sampling.arithmetic import Arithmetic
from ..sampling.rules import random_indices, spread_indices
from .index import ShardSet, read_set
from .jpeg import decoded_clip, drawn_place, spread_place
from .record_offsets import record_reader, shared_order
from .sequence_example import FRAMES_KEY, TIMES_KEY
from .service import spread_over

_PARALLEL_CALLS = 2
_CONTEXT = {
    "clip/label/index": tf.io.VarLenFeature(tf.int64),
    "image/height": tf.io.FixedLenFeature([], tf.int64),
    "image/width": tf.io.FixedLenFeature([], tf.int64),
    "image/frame_rate/fraction": tf.io.FixedLenFeature([2], tf.int64),
}
# The operations of sampling rules on tensors.
TENSORFLOW = Arithmetic(
    maximum=lambda a, b: tf.maximum(tf.cast(a, tf.int64), tf.cast(b, tf.int64)),
    minimum=lambda a, b: tf.minimum(tf.cast(a, tf.int64), tf.cast(b, tf.int64)),
    arange=lambda count: tf.range(count, dtype=tf.int64),
    size=lambda times: tf.size(times, tf.int64),
    at_or_before=lambda times, moments: (
        tf.searchsorted(times, moments, side="right", out_type=tf.int64) - 1
    ),
    real=lambda value: tf.cast(value, tf.float64),
    rounded=lambda value: tf.cast(tf.round(value), tf.int64),
)
_LISTS = {
    FRAMES_KEY: tf.io.FixedLenSequenceFeature([], tf.string),
    TIMES_KEY: tf.io.FixedLenSequenceFeature([], tf.int64),
}


class ShardClips:
    """Clips of a folder of shards: a `ClipSource`.

    A video is read from where its record begins, so that any order costs the same and nothing is
    held. Only the wanted frames are decoded, and of these only what is kept.

    Args:
        folder: What `write_shards` wrote; any address that `tf.io.gfile` opens.
        clip: How clips are cut.
        training: True for one random clip of each video, False for its test clips.
        num_parallel_calls: How many clips are read at once.
        service: Address of a `tf.data` service whose workers do the work: see `spread_over`.
        timeout: Seconds to wait for a clip of the service.
        repeat: Whether the service begins the next epoch by itself, without end.

    Raises:
        FileNotFoundError: There is no `shards.json`.
        ValueError: The folder is not complete.
    """

    def __init__(
        self,
        folder: PathLike,
        clip: ClipSpec,
        *,
        training: bool,
        num_parallel_calls: int = _PARALLEL_CALLS,
        service: str | None = None,
        timeout: float = 600.0,
        repeat: bool = False,
    ):
        self._shards = read_set(folder).complete()
        self.class_names, self.multi_label = self._shards.class_names, self._shards.multi_label
        self.videos, self.num_parallel_calls = self._shards.clips, num_parallel_calls
        self._folder, self._clip, self._training = folder, clip, training
        self._service, self._timeout, self._repeat = service, timeout, repeat

    def order(self, seed: int) -> tf.data.Dataset:
        """`(index, draw)` of all videos once; through a service, as its workers ask for them."""
        if self._service is not None:
            return shared_order(self._shards, training=self._training)
        return shuffled(self.videos, training=self._training, seed=seed)

    def clips(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """`(index, draw)` of videos -> `(video, target, seed)` of clips, or `(video, seed)`."""
        read = record_reader(self._folder, self._shards)
        load = _loader(self._clip, self._shards, self._training)
        views = 1 if self._training else self._clip.views

        def parsed(index, draw):
            return _parsed(read(index), seed_of(draw))

        if self._training:
            loaded = order.map(
                lambda *one: load(parsed(*one)), num_parallel_calls=self.num_parallel_calls
            )
        else:
            described = order.map(parsed).flat_map(_views(self._clip))
            loaded = described.map(load, num_parallel_calls=self.num_parallel_calls)
        known = order.cardinality()
        if self._service is not None:
            count = self.videos * views
            loaded = spread_over(loaded, self._service, count, timeout=self._timeout)
        elif known >= 0:
            loaded = loaded.apply(tf.data.experimental.assert_cardinality(known * views))
        return with_fixed_tuning(loaded.repeat() if self._repeat else loaded)


def shard_clips(
    folder: PathLike,
    clip: ClipSpec,
    *,
    training: bool = False,
    seed: int = 0,
    num_parallel_calls: int = _PARALLEL_CALLS,
    service: str | None = None,
    timeout: float = 600.0,
) -> tf.data.Dataset:
    """Clips of a folder of shards, one by one.

    Args:
        folder: What `write_shards` wrote; any address that `tf.io.gfile` opens.
        clip: How clips are cut.
        training: True for a new order, a random clip of each video and a random crop in each
            epoch; False for `clip.views` views of each video, in order.
        seed: The same seed gives the same clips, epoch by epoch. Not through a service, where order
            and draws of training clips differ from run to run.
        num_parallel_calls: How many clips are read at once.
        service: Address of a `tf.data` service, such as `"grpc://host:5000"`, whose workers do the
            work: see `spread_over`.
        timeout: Seconds to wait for a clip of the service.

    Returns:
        A dataset of `(video, target, seed)`, without `target` where there are no classes: uint8
        `(frames, H, W, 3)`; int64, or float32 `(classes,)` of 0 and 1 if multi-label; int32
        `(2,)`, which differs from clip to clip and from epoch to epoch in training. It knows its
        length, and fails where fewer clips come.

    Raises:
        FileNotFoundError: There is no `shards.json`.
        ValueError: The folder is not complete.

    Example:
        train = shard_clips("shards/train", ClipSpec(32, 2, size=(224, 224)), training=True)
    """
    source = ShardClips(
        folder,
        clip,
        training=training,
        num_parallel_calls=num_parallel_calls,
        service=service,
        timeout=timeout,
    )
    return source.clips(source.order(seed))


def _parsed(record, seed):
    """What is needed of an example to cut clips from it."""
    context, lists = tf.io.parse_single_sequence_example(record, _CONTEXT, _LISTS)
    times = lists[TIMES_KEY]
    return {
        "frames": lists[FRAMES_KEY],
        "times": times - times[0],
        "rate": context["image/frame_rate/fraction"],
        "size": tf.stack([context["image/height"], context["image/width"]]),
        "labels": context["clip/label/index"].values,
        "seed": seed,
        "view": tf.constant(0, tf.int64),
    }


def _views(clip: ClipSpec):
    def views(described):
        numbers = tf.data.Dataset.range(clip.views)
        return numbers.map(lambda number: {**described, "view": number})

    return views


def _loader(clip: ClipSpec, shards: ShardSet, training: bool):
    classes = len(shards.class_names)
    as_stored = clip.size is None and clip.short_sides is None
    stored = shards.options.short_side
    scales = not as_stored and clip.short_sides != (stored, stored)

    def load(described):
        choose = _random_view if training else _test_view
        indices, short_side, place = choose(clip, described)
        frames = tf.gather(described["frames"], indices)  # the others are not decoded
        size = described["size"]
        video = decoded_clip(clip, frames, size, short_side, place, scales=scales)
        if not classes:
            return video, described["seed"]
        labels = described["labels"]
        target = _row(labels, classes) if shards.multi_label else labels[0]
        return video, target, described["seed"]

    return load


def _row(labels, classes: int) -> tf.Tensor:
    """1 for each label there is, if any, and 0 for the others."""
    return tf.minimum(tf.reduce_sum(tf.one_hot(labels, classes), axis=0), 1.0)


def _random_view(clip: ClipSpec, described):
    """Frame numbers, short side and place of a training clip, drawn from its seed."""
    seeds = [tf.random.fold_in(described["seed"], number) for number in range(3)]

    turns = numbers_from()

    def draw(places):
        seed = tf.random.fold_in(seeds[0], next(turns))
        return tf.random.stateless_uniform((), seed, 0, tf.cast(places, tf.int64), tf.int64)

    rate = tuple(tf.unstack(described["rate"]))
    indices = random_indices(clip, described["times"], rate, draw, TENSORFLOW)
    shares = tf.random.stateless_uniform((2,), seeds[1])
    if clip.short_sides is None:
        return indices, None, lambda room: drawn_place(room, shares)
    least, largest = clip.short_sides
    short_side = tf.random.stateless_uniform((), seeds[2], least, largest + 1, tf.int32)
    return indices, short_side, lambda room: drawn_place(room, shares)


def _test_view(clip: ClipSpec, described):
    number, crop = (
        described["view"] // clip.num_crops,
        tf.cast(described["view"] % clip.num_crops, tf.int32),
    )
    rate = tuple(tf.unstack(described["rate"]))
    indices = spread_indices(clip, number, described["times"], rate, TENSORFLOW)
    short_side = None if clip.short_sides is None else tf.constant(clip.short_sides[0])
    return indices, short_side, lambda room: spread_place(room, crop, clip.num_crops)
