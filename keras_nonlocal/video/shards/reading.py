"""Reads clips from shards by a TensorFlow graph without Python, which other machines can run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import tensorflow as tf

from ...data.tf_chain import seed_of, shuffled, with_fixed_tuning
from ...utils.checks import PathLike
from ..clip_spec import ClipSpec
from ..sampling.arithmetic import Arithmetic
from ..sampling.rules import random_indices, spread_indices
from .index import ShardSet, read_set
from .jpeg import decoded_clip, drawn_place, spread_place
from .record_offsets import record_reader, shared_order
from .sequence_example import FRAMES_KEY, TIMES_KEY
from .service import spread_over

_PARALLEL_CALLS = 2
LABEL_FEATURES = {
    "clip/label/index": tf.io.VarLenFeature(tf.int64),
    "clip/data_path": tf.io.FixedLenFeature([], tf.string, ""),
}
_CONTEXT = {
    **LABEL_FEATURES,
    "image/height": tf.io.FixedLenFeature([], tf.int64),
    "image/width": tf.io.FixedLenFeature([], tf.int64),
    "image/frame_rate/fraction": tf.io.FixedLenFeature([2], tf.int64),
}
# The arithmetic of sampling rules for tensors.
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
    """A `ClipSource` of a folder of shards.

    Each video is read from the offset of its record, so that any order costs the same and no
    shuffle buffer is needed. Only the frames of a clip are decoded, and only their crops.

    Args:
        folder: A folder that `write_shards` has written; a path or an address.
        clip: How clips are cut.
        training: True for one random clip of each video, False for its evaluation clips.
        num_parallel_calls: Number of clips that are read at once.
        service: Address of a `tf.data` service whose workers read the clips, see `spread_over`.
        timeout: Seconds to wait for a clip of the service.
        repeat: Whether the dataset repeats without end.

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
        """Returns `(index, draw)` of all videos once; a service distributes them to its workers."""
        if self._service is not None:
            return shared_order(self._shards, training=self._training)
        return shuffled(self.videos, training=self._training, seed=seed)

    def clips(self, order: tf.data.Dataset) -> tf.data.Dataset:
        """Reads clips, `(video, target, seed)` or `(video, seed)`, of videos, `(index, draw)`."""
        read = record_reader(self._folder, self._shards)
        load = _loader(self._clip, self._shards, self._training)
        views = 1 if self._training else self._clip.views

        def parsed(index, draw):
            return _parsed(read(index), seed_of(draw), len(self.class_names))

        if self._training:
            loaded = order.map(
                lambda *one: load(parsed(*one)), num_parallel_calls=self.num_parallel_calls
            )
        else:
            described = order.map(parsed).flat_map(_views(self._clip))
            loaded = described.map(load, num_parallel_calls=self.num_parallel_calls)
        length = order.cardinality()
        if self._service is not None:
            total = self.videos * views
            loaded = spread_over(loaded, self._service, total, timeout=self._timeout)
        elif length >= 0:
            loaded = loaded.apply(tf.data.experimental.assert_cardinality(length * views))
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
    """Makes a dataset of single clips from a folder of shards.

    Args:
        folder: A folder that `write_shards` has written; a path or an address.
        clip: How clips are cut.
        training: True for a random clip and crop of each video, shuffled in each epoch. False for
            `clip.views` views of each video, in order.
        seed: The same seed gives the same clips in each epoch. With a service, the order and the
            random choices in training differ between runs.
        num_parallel_calls: Number of clips that are read at once.
        service: Address of a `tf.data` service, such as `"grpc://host:5000"`, whose workers read
            the clips; see `keras_nonlocal.video.shards.service.spread_over`.
        timeout: Seconds to wait for a clip of the service.

    Returns:
        A dataset of `(video, target, seed)`, without `target` if there are no classes: uint8
        `(frames, H, W, 3)`; int64, or multi-hot float32 `(classes,)`; int32 `(2,)`, the seed of the
        clip, new in each epoch of training. Its cardinality is known, and it raises a
        `tf.errors.OpError` if clips are missing.

    Raises:
        FileNotFoundError: There is no `shards.json`.
        ValueError: The folder is not complete.
        ConnectionError: The service cannot be reached.

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


def evaluation_views(folder: PathLike, clip: ClipSpec) -> Callable[[int], tf.Tensor]:
    """Returns a function from the index of a video to its clips, uint8 `(views, T, H, W, 3)`."""
    shards = read_set(folder).complete()
    read, load = record_reader(folder, shards), _loader(clip, shards, training=False)
    signature = tf.TensorSpec((clip.num_frames, *(clip.size or (None, None)), 3), tf.uint8)

    @tf.function(input_signature=[tf.TensorSpec((), tf.int64)], autograph=False)
    def views(index):
        described = _parsed(read(index), tf.zeros(2, tf.int32), len(shards.class_names))

        def view(number):
            return load({**described, "view": number})[0]

        numbers = tf.range(clip.views, dtype=tf.int64)
        return tf.map_fn(view, numbers, fn_output_signature=signature)

    traced = views.get_concrete_function()  # once, as threads call it
    return lambda index: traced(tf.constant(index, tf.int64))


def _parsed(record, seed, classes: int):
    """Parses the features of an example from which clips are cut, and checks its labels."""
    context, lists = tf.io.parse_single_sequence_example(record, _CONTEXT, _LISTS)
    times = lists[TIMES_KEY]
    labels, path = context["clip/label/index"].values, context["clip/data_path"]
    known = tf.reduce_all((labels >= 0) & (labels < classes)) if classes else True
    names = (
        f"Labels must be indices of the {classes} classes of shards.json. Write the shards anew."
    )
    with tf.control_dependencies([tf.debugging.Assert(known, [names, "Received:", labels, path])]):
        labels = tf.identity(labels)
    return {
        "frames": lists[FRAMES_KEY],
        "times": times - times[0],
        "rate": context["image/frame_rate/fraction"],
        "size": tf.stack([context["image/height"], context["image/width"]]),
        "labels": labels,
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
        choose = _random_view if training else evaluation_view
        indices, short_side, place = choose(clip, described)
        frames = tf.gather(described["frames"], indices)  # other frames are not decoded
        size = described["size"]
        video = decoded_clip(clip, frames, size, short_side, place, scales=scales)
        if not classes:
            return video, described["seed"]
        labels = described["labels"]
        target = _multi_hot(labels, classes) if shards.multi_label else labels[0]
        return video, target, described["seed"]

    return load


def _multi_hot(labels, classes: int) -> tf.Tensor:
    return tf.minimum(tf.reduce_sum(tf.one_hot(labels, classes), axis=0), 1.0)


def _random_view(clip: ClipSpec, described):
    """The frame indices, short side and crop position of a training clip, drawn from its seed."""
    seeds = [tf.random.fold_in(described["seed"], number) for number in range(3)]
    calls = count()

    def draw(end):
        seed = tf.random.fold_in(seeds[0], next(calls))
        return tf.random.stateless_uniform((), seed, 0, tf.cast(end, tf.int64), tf.int64)

    rate = tuple(tf.unstack(described["rate"]))
    indices = random_indices(clip, described["times"], rate, draw, TENSORFLOW)
    shares = tf.random.stateless_uniform((2,), seeds[1])
    if clip.short_sides is None:
        return indices, None, lambda room: drawn_place(room, shares)
    least, largest = clip.short_sides
    short_side = tf.random.stateless_uniform((), seeds[2], least, largest + 1, tf.int32)
    return indices, short_side, lambda room: drawn_place(room, shares)


def evaluation_view(clip: ClipSpec, described):
    number = described["view"] // clip.num_crops
    crop = tf.cast(described["view"] % clip.num_crops, tf.int32)
    rate = tuple(tf.unstack(described["rate"]))
    indices = spread_indices(clip, number, described["times"], rate, TENSORFLOW)
    short_side = None if clip.short_sides is None else tf.constant(clip.short_sides[0])
    return indices, short_side, lambda room: spread_place(room, crop, clip.num_crops)
