"""An endless stream of training clips that can start at any batch, as resuming requires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ..augmentation.chain import copies
from ..data.tf_chain import check_shard, endless_order
from ..utils.checks import PathLike, a_seed, positive_int
from .clip_spec import ClipSpec
from .dataset import open_clips
from .file_clips import FileClips
from .pipeline import Augment, clip_batches, layers_of


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
    positive_int("batch_size", batch_size)
    check_shard(shard, batch_size)
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
    if service is None:
        order = endless_order(clips.videos, batch_size, seed=seed, first=first, shard=shard)
    else:
        order = clips.order(seed)
    return clip_batches(
        clips,
        order,
        augment=_one_for_one(augment),
        batch_size=batch_size // shard[1],
        training=True,
        full=True,
    )


def stream_indices(
    source: Any, *, clip: ClipSpec, count: int, batch_size: int = 8, seed: int = 0
) -> list[list[int]]:
    """Tells which frames make the first clips of `training_stream` with the same arguments.

    Args:
        source, clip, batch_size, seed: As in `training_stream`. Shards will not do.
        count: Number of clips.

    Returns:
        The frame indices of each clip.

    Raises:
        ValueError: `source` is a folder of shards.

    Example:

        first = stream_indices("actions", clip=ClipSpec(8, 4, size=(56, 56)), count=16)
    """
    clips = open_clips(
        source, clip, training=True, error_log=None, num_parallel_calls=None, service=None
    )
    if not isinstance(clips, FileClips):
        raise ValueError(
            "`source` must be video files: shards are read by a graph, which does not tell the "
            f"frames. Received: {source!r}"
        )
    order = endless_order(clips.videos, batch_size, seed=a_seed(seed)).take(count)
    pairs = order.as_numpy_iterator()
    return [clips.reader.frame_indices(int(index), int(draw))[0] for index, draw in pairs]


def _one_for_one(augment: Augment) -> list[Callable]:
    layers = layers_of(augment)
    if copies(layers) > 1:
        raise ValueError(
            "`augment` must make one clip of each clip: `ThreeCrop` is for evaluation, see "
            f"`video_dataset`. Received: layers that make {copies(layers)} of each"
        )
    return layers
