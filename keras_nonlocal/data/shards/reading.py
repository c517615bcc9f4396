"""Shards -> clips, by a graph of TensorFlow alone, so that other machines can run it."""

from __future__ import annotations

import tensorflow as tf

from ..clip import Clip
from ..file_systems import PathLike
from .graph_sampling import random_numbers, spread_numbers
from .pictures import decoded_clip, drawn_place, spread_place
from .record_index import FEATURES
from .service import spread_over
from .shard_set import ShardSet, joined, read_set

_PARALLEL_CALLS = 2
_SHARDS_AT_ONCE = 16
_IN_A_SHARD = 1024
_BUFFER = 1 << 20  # bytes asked for at once: a clip in one or two requests where that takes long


def shard_clips(
    folder: PathLike,
    clip: Clip,
    *,
    training: bool = False,
    seed: int = 0,
    shuffle: int = 10_000,
    parallel_calls: int = _PARALLEL_CALLS,
    service: str | None = None,
    patience: float = 600.0,
) -> tf.data.Dataset:
    """Clips of a folder of shards, one by one.

    Only the wanted frames of a clip are read, and only what is kept of them is decoded.

    Args:
        folder: What `write_shards` wrote; any address that `tf.io.gfile` opens.
        clip: How clips are cut.
        training: True for a new order, a random clip of each video and a random crop in each
            epoch; False for `clip.views` views of each video, in order.
        seed: The same seed gives the same clips, epoch by epoch. Not through a service, where order
            and draws of training clips differ from run to run.
        shuffle: Among how many clips the order is drawn; one takes a few kilobytes.
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
    clips = _indexed(folder, shards, training, seed, parallel_calls, remote=service is not None)
    if training:
        clips = clips.shuffle(max(min(shuffle, shards.clips), 1), seed=seed)
    else:
        clips = clips.flat_map(_views(clip))
    clips = clips.map(_loader(clip, shards, training), num_parallel_calls=parallel_calls)
    count = shards.clips * (1 if training else clip.views)
    if service is not None:
        clips = spread_over(clips, service, count, patience=patience)
    return _fixed(clips.apply(tf.data.experimental.assert_cardinality(count)))


def read_frames_at(path, headers, skips, numbers) -> tf.Tensor:
    """The JPEG files of frames `numbers`, reading from the first of them to the last only."""
    first, last = tf.reduce_min(numbers), tf.reduce_max(numbers)
    records = _records_from(path, tf.gather(headers, first), last - first + 1)
    wanted = tf.gather(records, numbers - first)
    starts = tf.cast(tf.gather(skips, numbers), tf.int32)
    return tf.strings.substr(wanted, starts, tf.fill(tf.shape(starts), tf.int32.max))


@tf.function
def _records_from(path, header, count):
    """In a function, as this kind of data set cannot stand at the top: it forgets its offsets."""
    variant = tf.raw_ops.TFRecordDatasetV2(
        filenames=[path],
        compression_type="",
        buffer_size=tf.constant(_BUFFER, tf.int64),
        byte_offsets=[header],
    )
    records = tf.data.experimental.from_variant(variant, tf.TensorSpec((), tf.string))
    return records.take(count).batch(count).get_single_element()


def _indexed(folder, shards: ShardSet, training, seed, calls, *, remote=False) -> tf.data.Dataset:
    """What the indexes say of each clip, with the file it is in and a seed of its own."""
    files = [joined(folder, shard.file) for shard in shards.shards if shard and shard.frames]
    names = tf.data.Dataset.from_tensor_slices(files)
    if training:
        names = names.shuffle(len(files), seed=seed)
    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=training)
    drawn = tf.data.Dataset.zip((names, draws))
    if training and remote:
        drawn = names.map(lambda file: (file, _moment(file)))
    cycle = min(len(files), _SHARDS_AT_ONCE) if training else 1
    return drawn.interleave(
        lambda file, draw: _clips_of_shard(file, draw, training),
        cycle_length=cycle,
        block_length=1,
        num_parallel_calls=min(calls, cycle),
    )


def _moment(file):
    """A number of now: the workers of a service begin each epoch with the same generators."""
    name = tf.strings.to_hash_bucket_fast(file, 2**31 - 1)
    return tf.cast(tf.timestamp() * 1e6, tf.int64) + name


def _clips_of_shard(file, draw, training: bool):
    def described(record):
        clip = tf.io.parse_single_example(record, FEATURES)
        seed = tf.stack([tf.cast(draw % 2**31, tf.int32), tf.cast(clip["number"], tf.int32)])
        return {**clip, "file": file, "seed": seed, "view": tf.constant(0, tf.int64)}

    records = tf.data.TFRecordDataset(file + ".index")
    records = records.shuffle(_IN_A_SHARD, seed=draw) if training else records
    return records.map(described)


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
        frames = read_frames_at(
            described["file"], described["headers"], described["skips"], numbers
        )
        size = described["size"]
        video = decoded_clip(clip, frames, size, short_side, place, scales=scales)
        if not classes:
            return video, described["seed"]
        labels = described["labels"]
        several = tf.reduce_max(tf.one_hot(labels, classes), axis=0)
        return video, several if shards.multi_label else labels[0], described["seed"]

    return load


def _random_view(clip: Clip, described):
    """Frame numbers, short side and place of a training clip, drawn from its seed."""
    seeds = [tf.random.fold_in(described["seed"], number) for number in range(3)]

    def draw(places):
        return tf.random.stateless_uniform((), seeds[0], 0, places, tf.int64)

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


def _fixed(dataset: tf.data.Dataset) -> tf.data.Dataset:
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return dataset.with_options(options)
