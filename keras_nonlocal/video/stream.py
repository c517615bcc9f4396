"""An endless stream of training clips that can begin anywhere: what resuming needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..augmentation.chain import copies
from ..data.error_log import ErrorLog
from ..data.sources.check import check_manifest
from ..data.sources.read import read_source
from ..data.workers.pool import cores
from ..utils.checks import PathLike, any_int, at_least, positive_int
from .clip_reader import FileClips
from .clip_spec import ClipSpec, a_clip
from .pipeline import Augment, ClipSource, as_written, clip_batches, layers_of
from .shards.index import holds_shards, refuse_choices
from .shards.reading import ShardClips
from .shards.service import refuse_python

_END = tf.int64.max


def training_stream(
    source: Any,
    *,
    clip: ClipSpec,
    augment: Augment = None,
    batch_size: int = 8,
    seed: int = 0,
    first: int = 0,
    shard: tuple[int, int] = (0, 1),
    split: str | None = None,
    class_names: tuple[str, ...] | None = None,
    root: PathLike | None = None,
    error_log: PathLike | None = None,
    num_parallel_calls: int | None = None,
    service: str | None = None,
    check: bool = True,
) -> tf.data.Dataset:
    """Full batches of random clips without end, epoch after epoch: each video once in each.

    Order, clips and augmentations of batch number `n` depend on `seed` and `n` alone. So a run that
    was stopped goes on with `first`, and several processes share the work with `shard`. Only layers
    that draw by themselves, `FrameWise` and those of others, go on with other draws. The epochs of
    `video_dataset` draw otherwise.

    Args:
        source, clip, augment, split, class_names, root, error_log, num_parallel_calls: As in
            `video_dataset`.
        batch_size: Clips in a batch.
        seed: Decides all draws.
        first: The number of the batch to begin with.
        shard: `(index, count)`: only the clips of this one of so many equal parts of each batch.
            A layer that mixes clips takes those of the same shard.
        service: Address of a `tf.data` service that reads shards. Its order is that of its
            workers' speed: then a run cannot be repeated, nor its input be divided.
        check: Whether to look first whether all files are there, as `check_manifest` does.

    Returns:
        An endless dataset of `(video, target)`, or of `video` where nothing is labeled. It has
        `class_names`, `multi_label`, and `videos`: how many there are in an epoch.

    Raises:
        ValueError: As `video_dataset`; or parts that do not divide a batch.

    Example:
        batches = training_stream("actions", clip=ClipSpec(32, 2, size=(224, 224)), first=1200)
    """
    index, count = _shard(shard, positive_int("batch_size", batch_size))
    first = int(at_least("first", any_int("first", first), 0))
    a_clip(clip)
    num_parallel_calls = positive_int(
        "num_parallel_calls", cores() if num_parallel_calls is None else num_parallel_calls
    )
    own = batch_size // count

    @as_written
    def mine(position):
        return position % batch_size // own == index

    clips: ClipSource
    if holds_shards(source):
        refuse_choices(split=split, class_names=class_names, root=root, error_log=error_log)
        clips = ShardClips(
            source,
            clip,
            training=True,
            num_parallel_calls=num_parallel_calls,
            service=service,
            repeat=bool(service),
        )
    else:
        refuse_python(service)
        manifest = read_source(source, split=split, class_names=class_names, root=root)
        if check:
            check_manifest(manifest)
        clips = FileClips(
            manifest,
            clip,
            training=True,
            num_parallel_calls=num_parallel_calls,
            error_log=ErrorLog(error_log),
        )
    if service is None:
        positions = {"seed": any_int("seed", seed), "first": first * batch_size, "mine": mine}
        order = _endless(clips.videos, **positions)
    else:
        order = clips.order(seed)
    return clip_batches(
        clips,
        order,
        augment=_one_for_one(augment),
        batch_size=own,
        training=True,
        full=True,
    )


def _endless(count: int, *, seed: int, first: int, mine) -> tf.data.Dataset:
    """Which video comes at each position, and a number that decides its draws."""

    @as_written
    def drawn(position):
        order = tf.stack([seed, position // count])
        index = tf.random.experimental.index_shuffle(position % count, order, count - 1)
        own = tf.stack([seed, position])
        return index, tf.random.stateless_uniform((), own, 0, tf.int64.max, tf.int64)

    return tf.data.Dataset.range(first, _END).filter(mine).map(drawn)


def _one_for_one(augment: Augment) -> list[Callable]:
    layers = layers_of(augment)
    if copies(layers) > 1:
        raise ValueError(
            "`augment` must make one clip of one: three crops are for tests, see `video_dataset`. "
            f"Received: layers that make {copies(layers)} of each"
        )
    return layers


def _shard(shard: tuple[int, int], batch_size: int) -> tuple[int, int]:
    index, count = (any_int("shard", number) for number in shard)
    if not 0 <= index < count or batch_size % count:
        raise ValueError(
            "`shard` must be (index, count), counted from 0, and the count divide the batch. "
            f"Received: shard={shard!r}, batch_size={batch_size}"
        )
    return index, count
