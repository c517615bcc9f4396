"""`video_dataset`: videos on disk as `tf.data` batches of clips."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

from ..data.error_log import ErrorLog
from ..data.sources.check import check_manifest
from ..data.sources.read import read_source
from ..data.workers.pool import cores
from ..utils.checks import PathLike, a_seed, one_of, positive_int
from .clip_reader import DAMAGE, ClipReader, OnError
from .clip_spec import ClipSpec, a_clip
from .file_clips import FileClips
from .pipeline import Augment, ClipSource, clip_batches
from .shards.index import holds_shards, refuse_choices
from .shards.reading import ShardClips
from .shards.service import refuse_python


def video_dataset(
    source: Any,
    *,
    clip: ClipSpec | None = None,
    augment: Augment = None,
    batch_size: int = 8,
    training: bool = False,
    seed: int = 0,
    split: str | None = None,
    class_names: tuple[str, ...] | None = None,
    root: PathLike | None = None,
    labels: Literal["video", "clip"] = "video",
    on_error: OnError = "raise",
    error_log: PathLike | None = None,
    num_parallel_calls: int | None = None,
    service: str | None = None,
) -> tf.data.Dataset:
    """Makes batches of clips for `model.fit` from videos on disk.

    Pixels are RGB from 0 to 255, unless `augment` normalizes them.

    Args:
        source: The videos, in any format that `keras_nonlocal.data.read_source` reads: a folder
            with one folder per class, a table or list of files, a data frame, a manifest. Or a
            folder of shards.
        clip: How clips are cut from videos. The default is `ClipSpec()`.
        augment: Layers of `keras_nonlocal.augmentation`, other Keras layers, or functions of a
            batch of clips. Random layers are active only when `training=True`; plain functions are
            always applied.
        batch_size: Clips in a batch; the last batch may have fewer.
        training: True for one random clip of each video per epoch, shuffled in each epoch. False
            for the evaluation clips of each video (`clip.num_clips * clip.num_crops`, one after
            another), in the order of the source.
        seed: The same seed gives the same clips in each epoch, for any `num_parallel_calls`.
            `tf.random.set_seed` also changes the clips. Third-party layers use their own random
            state.
        split: Name of the split to read; `None` reads all videos.
        class_names, root: As in `read_source`.
        labels: `"clip"` gives a clip only the labels that hold during it, if their times are known.
        on_error: What to do about a video that cannot be read: `"raise"` an error with its name,
            `"skip"` it, or use the `"previous_frame"` for each frame that cannot be decoded. A
            failed clip is never replaced by a different one.
        error_log: A JSON lines file to which each failure is appended.
        num_parallel_calls: Videos that are decoded at once, by threads. The default is the number
            of processor cores.
        service: Address of a `tf.data` service, such as `"grpc://host:5000"`, whose workers read
            shards; see `keras_nonlocal.video.shards.service.spread_over`.

    Returns:
        A dataset of uint8 `(batch, frames, H, W, 3)`, with targets if there are classes: int64
        `(batch,)`, or float32 `(batch, classes)` if a video may have several labels. Its attribute
        `class_names` has the class names.

    Raises:
        ValueError: A file is missing, a label is out of range, or an argument is wrong. During an
            epoch, a `tf.errors.OpError` names the video; `check_shards` finds a damaged shard.
        FileNotFoundError: There is no such source.
        OSError: The error log cannot be written.

    Example:

        train = video_dataset(
            "actions", clip=ClipSpec(32, frame_stride=2, short_side=(256, 320), size=(224, 224)),
            augment=[augmentation.RandomFlip(), augmentation.Normalization()], training=True,
        )
        model.fit(train, epochs=10)
    """
    clips = open_clips(
        source,
        ClipSpec() if clip is None else clip,
        training=training,
        split=split,
        class_names=class_names,
        root=root,
        labels=labels,
        on_error=on_error,
        error_log=error_log,
        num_parallel_calls=num_parallel_calls,
        service=service,
    )
    order = clips.order(a_seed(seed))
    return clip_batches(clips, order, augment=augment, batch_size=batch_size, training=training)


def open_clips(
    source: Any,
    clip: ClipSpec,
    *,
    training: bool,
    error_log: PathLike | None,
    num_parallel_calls: int | None,
    service: str | None,
    labels: Literal["video", "clip"] = "video",
    on_error: OnError = "raise",
    check: bool = True,
    repeat: bool = False,
    **selection: Any,
) -> ClipSource:
    """Opens videos or shards to read clips from them.

    Args:
        source, clip, training, labels, on_error, error_log, num_parallel_calls, service: As in
            `video_dataset`.
        check: Whether to call `check_manifest`.
        repeat: Whether shards are repeated without end.
        **selection: `split`, `class_names` and `root`, as in `read_source`.
    """
    a_clip(clip)
    threads = positive_int(
        "num_parallel_calls", cores() if num_parallel_calls is None else num_parallel_calls
    )
    one_of("labels", labels, ("video", "clip"))
    one_of("on_error", on_error, DAMAGE)
    if holds_shards(source):
        refuse_choices(
            **selection,
            error_log=error_log,
            labels=labels if labels != "video" else None,
            on_error=on_error if on_error != "raise" else None,
        )
        return ShardClips(
            source,
            clip,
            training=training,
            num_parallel_calls=threads,
            service=service,
            repeat=repeat,
        )
    refuse_python(service)
    manifest = read_source(source, **selection)
    if check:
        check_manifest(manifest)
    reader = ClipReader(
        manifest,
        clip,
        training=training,
        on_error=on_error,
        error_log=ErrorLog(error_log),
        by_clip=labels == "clip",
    )
    return FileClips(reader, threads)
