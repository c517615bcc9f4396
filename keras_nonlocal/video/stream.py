"""An endless stream of training clips that can start at any batch, as resuming requires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..augmentation.chain import copies
from ..utils.checks import PathLike, a_seed, any_int, at_least, positive_int
from .clip_spec import ClipSpec
from .dataset import open_clips
from .pipeline import Augment, as_written, clip_batches, layers_of


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
    """Makes full batches of random clips without end; each epoch has every video once.

    The order, clips and augmentations of batch `n` depend on `seed` and `n` alone. So training
    resumes with `first`, and several processes share the work with `shard`. After resuming,
    `FrameWise` and third-party layers draw different random numbers. `video_dataset` uses a
    different random sequence.

    Args:
        source, clip, augment, split, class_names, root, error_log, num_parallel_calls: As in
            `video_dataset`.
        batch_size: Clips in a batch.
        seed: The seed of all random numbers.
        first: Index of the batch to start with.
        shard: `(index, count)` divides each batch into `count` equal parts and makes only part
            `index`. Layers that mix clips mix those of the same part.
        service: Address of a `tf.data` service that reads shards. The order then depends on the
            speed of its workers: training is not reproducible, and the batches cannot be divided.
        check: Whether to check first that all files exist, as `check_manifest` does.

    Returns:
        An endless dataset of `(video, target)`, or of `video` if there are no labels, with the
        attributes `class_names`, `multi_label`, and `videos`, the number of videos in an epoch.

    Raises:
        ValueError, FileNotFoundError, OSError: As in `video_dataset`; or `shard` does not divide a
            batch.

    Example:

        batches = training_stream("actions", clip=ClipSpec(32, 2, size=(224, 224)), first=1200)
    """
    index, count = _shard(shard, positive_int("batch_size", batch_size))
    first = int(at_least("first", any_int("first", first), 0))
    seed = a_seed(seed)
    clips = open_clips(
        source,
        clip,
        training=True,
        split=split,
        class_names=class_names,
        root=root,
        error_log=error_log,
        num_parallel_calls=num_parallel_calls,
        service=service,
        check=check,
        repeat=bool(service),
    )
    part_size = batch_size // count
    if service is None:

        @as_written
        def in_part(position):
            return position % batch_size // part_size == index

        positions = tf.data.Dataset.range(first * batch_size, tf.int64.max).filter(in_part)
        order = positions.map(_draws(clips.videos, seed))
    else:
        order = clips.order(seed)
    return clip_batches(
        clips,
        order,
        augment=_one_for_one(augment),
        batch_size=part_size,
        training=True,
        full=True,
    )


def _draws(count: int, seed: int) -> Callable:
    """A function from a position in the stream to a video and a random number for it."""

    @as_written
    def draw(position):
        epoch = tf.stack([seed, position // count])
        index = tf.random.experimental.index_shuffle(position % count, epoch, count - 1)
        place = tf.stack([seed, position])
        return index, tf.random.stateless_uniform((), place, 0, tf.int64.max, tf.int64)

    return draw


def _one_for_one(augment: Augment) -> list[Callable]:
    layers = layers_of(augment)
    if copies(layers) > 1:
        raise ValueError(
            "`augment` must make one clip of each clip: `ThreeCrop` is for evaluation, see "
            f"`video_dataset`. Received: layers that make {copies(layers)} of each"
        )
    return layers


def _shard(shard: tuple[int, int], batch_size: int) -> tuple[int, int]:
    index, count = (any_int("shard", number) for number in shard)
    if not 0 <= index < count or batch_size % count:
        raise ValueError(
            "`shard` must be (index, count) with 0 <= index < count, and count must divide the "
            f"batch. Received: shard={shard!r}, batch_size={batch_size}"
        )
    return index, count
