"""Shards -> clips, by a graph of TensorFlow alone, so that other machines can run it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count as numbers_from

import tensorflow as tf

from ..clip import Clip
from ..file_systems import PathLike
from ..pipeline import with_fixed_tuning
from .example import FRAMES_KEY, TIMES_KEY
from .graph_sampling import random_numbers, spread_numbers
from .pictures import decoded_clip, drawn_place, spread_place
from .service import spread_over
from .shard_set import ShardSet, joined, read_set

_PARALLEL_CALLS = 2
_SHARDS_AT_ONCE = 16
_CONTEXT = {
    "clip/label/index": tf.io.VarLenFeature(tf.int64),
    "image/height": tf.io.FixedLenFeature([], tf.int64),
    "image/width": tf.io.FixedLenFeature([], tf.int64),
    "image/frame_rate/fraction": tf.io.FixedLenFeature([2], tf.int64),
}
_LISTS = {
    FRAMES_KEY: tf.io.FixedLenSequenceFeature([], tf.string),
    TIMES_KEY: tf.io.FixedLenSequenceFeature([], tf.int64),
}


def shard_clips(
    folder: PathLike,
    clip: Clip,
    *,
    training: bool = False,
    seed: int = 0,
    shuffle: int = 64,
    parallel_calls: int = _PARALLEL_CALLS,
    service: str | None = None,
    patience: float = 600.0,
) -> tf.data.Dataset:
    """Clips of a folder of shards, one by one.

    Only the wanted frames of a clip are decoded, and of these only what is kept.

    Args:
        folder: What `write_shards` wrote; any address that `tf.io.gfile` opens.
        clip: How clips are cut.
        training: True for a new order, a random clip of each video and a random crop in each
            epoch; False for `clip.views` views of each video, in order.
        seed: The same seed gives the same clips, epoch by epoch. Not through a service, where order
            and draws of training clips differ from run to run.
        shuffle: Among how many videos the order is drawn, which are held encoded, megabytes each.
            Besides, shards come in a new order, several in turn, and each holds a random part.
        parallel_calls: How many clips are read at once.
        service: Address of a `tf.data` service, such as `"grpc://host:5000"`, whose workers do the
            work: see `spread_over`.
        patience: Seconds to wait for a clip of the service.

    Returns:
        A dataset of `(video, target, seed)`, without `target` where there are no classes: uint8
        `(frames, H, W, 3)`; int64, or float32 `(classes,)` of 0 and 1 if multi-label; int32
        `(2,)`, which differs from clip to clip and from epoch to epoch in training. It knows its
        length, and fails where fewer clips come.

    Raises:
        FileNotFoundError: There is no `shards.json`.
        ValueError: The folder is not complete.

    Example:
        train = shard_clips("shards/train", Clip(32, 2, size=(224, 224)), training=True)
    """
    shards = read_set(folder).complete()
    records = _records(folder, shards, training, seed, parallel_calls, service is not None)
    if training:
        records = records.shuffle(max(min(shuffle, shards.clips), 1), seed=seed)
    load = _loader(clip, shards, training)
    if training:
        clips = records.map(lambda *one: load(_parsed(*one)), num_parallel_calls=parallel_calls)
    else:
        views = records.map(_parsed).flat_map(_views(clip))
        clips = views.map(load, num_parallel_calls=parallel_calls)
    count = shards.clips * (1 if training else clip.views)
    if service is not None:
        clips = spread_over(clips, service, count, patience=patience)
    return with_fixed_tuning(clips.apply(tf.data.experimental.assert_cardinality(count)))


def shard_stream(
    folder: PathLike,
    clip: Clip,
    *,
    seed: int,
    first: int,
    mine: Callable[[tf.Tensor], tf.Tensor],
    shuffle: int = 64,
    parallel_calls: int = _PARALLEL_CALLS,
    service: str | None = None,
) -> tf.data.Dataset:
    """Training clips of a folder of shards without end, for `training_stream`.

    Args:
        folder, clip, shuffle, parallel_calls, service: As in `shard_clips`.
        seed: With the number of an epoch, it decides its order and draws.
        first: The position to begin with. What comes before it in its epoch is read, not decoded.
        mine: Whether a position is wanted.

    Returns:
        Elements as of `shard_clips`.
    """
    if service is not None:
        return shard_clips(
            folder,
            clip,
            training=True,
            seed=seed,
            shuffle=shuffle,
            parallel_calls=parallel_calls,
            service=service,
        ).repeat()
    shards = read_set(folder).complete()
    count, files = shards.clips, _files(folder, shards)
    cycle = min(len(files), _SHARDS_AT_ONCE)

    def epoch_of(epoch):
        own = tf.random.stateless_uniform((2,), tf.stack([seed, epoch]), 0, tf.int64.max, tf.int64)
        places = tf.range(len(files), dtype=tf.int64)
        order = tf.random.experimental.index_shuffle(places, own, len(files) - 1)
        draws = tf.random.stateless_uniform((len(files),), own, 0, tf.int64.max, tf.int64)
        names = tf.data.Dataset.from_tensor_slices((tf.gather(files, order), draws))
        records = names.interleave(
            _records_of_shard, cycle, 1, num_parallel_calls=min(parallel_calls, cycle)
        )
        records = records.apply(tf.data.experimental.assert_cardinality(count))
        mixed = _shuffled(records, max(min(shuffle, count), 1), own)
        return mixed.skip(
            tf.where(epoch == first // count, tf.constant(first % count, tf.int64), 0)
        )

    epochs = tf.data.Dataset.range(first // count, tf.int64.max)
    records = epochs.flat_map(epoch_of).enumerate(first)
    wanted = records.filter(lambda position, _: mine(position)).map(lambda _, record: record)
    load = _loader(clip, shards, training=True)
    return with_fixed_tuning(
        wanted.map(lambda *one: load(_parsed(*one)), num_parallel_calls=parallel_calls)
    )


def _shuffled(dataset: tf.data.Dataset, size: int, seeds: tf.Tensor) -> tf.data.Dataset:
    """As `Dataset.shuffle`, which takes no tensors as seeds where there is a global one."""
    specs = tf.nest.flatten(dataset.element_spec)
    variant = tf.raw_ops.ShuffleDataset(
        input_dataset=tf.data.experimental.to_variant(dataset),
        buffer_size=size,
        seed=seeds[0],
        seed2=seeds[1],
        output_types=[spec.dtype for spec in specs],
        output_shapes=[spec.shape for spec in specs],
        reshuffle_each_iteration=False,
    )
    return tf.data.experimental.from_variant(variant, dataset.element_spec)


def _files(folder, shards: ShardSet) -> list[str]:
    return [joined(folder, shard.file) for shard in shards.shards if shard and shard.frames]


def _records(folder, shards: ShardSet, training, seed, calls, remote) -> tf.data.Dataset:
    """Serialized examples, each with a seed of its own."""
    files = _files(folder, shards)
    names = tf.data.Dataset.from_tensor_slices(files)
    if training:
        names = names.shuffle(len(files), seed=seed)
    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=training)
    drawn = tf.data.Dataset.zip((names, draws))
    if training and remote:
        drawn = names.map(lambda file: (file, _moment(file)))
    cycle = min(len(files), _SHARDS_AT_ONCE) if training else 1
    return drawn.interleave(
        _records_of_shard,
        cycle_length=cycle,
        block_length=1,
        num_parallel_calls=min(calls, cycle),
    )


def _moment(file):
    """A number of now: the workers of a service begin each epoch with the same generators."""
    name = tf.strings.to_hash_bucket_fast(file, 2**31 - 1)
    return tf.cast(tf.timestamp() * 1e6, tf.int64) + name


def _records_of_shard(file, draw):
    def seeded(number, record):
        return record, tf.stack([tf.cast(draw % 2**31, tf.int32), tf.cast(number, tf.int32)])

    return tf.data.TFRecordDataset(file).enumerate().map(seeded)


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


def _views(clip: Clip):
    def views(described):
        numbers = tf.data.Dataset.range(clip.views)
        return numbers.map(lambda number: {**described, "view": number})

    return views


def _loader(clip: Clip, shards: ShardSet, training: bool):
    classes = len(shards.class_names)
    as_stored = clip.size is None and clip.short_sides is None
    stored = shards.options.short_side
    scales = not as_stored and clip.short_sides != (stored, stored)

    def load(described):
        choose = _random_view if training else _test_view
        numbers, short_side, place = choose(clip, described)
        frames = tf.gather(described["frames"], numbers)  # the others are not decoded
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


def _random_view(clip: Clip, described):
    """Frame numbers, short side and place of a training clip, drawn from its seed."""
    seeds = [tf.random.fold_in(described["seed"], number) for number in range(3)]

    turns = numbers_from()

    def draw(places):
        seed = tf.random.fold_in(seeds[0], next(turns))
        return tf.random.stateless_uniform((), seed, 0, places, tf.int64)

    numbers = random_numbers(clip, described["times"], described["rate"], draw)
    shares = tf.random.stateless_uniform((2,), seeds[1])
    if clip.short_sides is None:
        return numbers, None, lambda room: drawn_place(room, shares)
    least, largest = clip.short_sides
    short_side = tf.random.stateless_uniform((), seeds[2], least, largest + 1, tf.int32)
    return numbers, short_side, lambda room: drawn_place(room, shares)


def _test_view(clip: Clip, described):
    number, crop = (
        described["view"] // clip.crops,
        tf.cast(described["view"] % clip.crops, tf.int32),
    )
    numbers = spread_numbers(clip, number, described["times"], described["rate"])
    short_side = None if clip.short_sides is None else tf.constant(clip.short_sides[0])
    return numbers, short_side, lambda room: spread_place(room, crop, clip.crops)
