"""Videos and what is in them -> `tf.data` batches of clips: the front door."""

from __future__ import annotations

from typing import Any, Literal

import tensorflow as tf

from ..data.error_log import ErrorLog
from ..data.sources.check import check_manifest
from ..data.sources.read import read_source
from ..data.workers.pool import cores
from ..utils.checks import PathLike, any_int, one_of, positive_int
from .clip_reader import DAMAGE, FileClips, OnError
from .clip_spec import ClipSpec, a_clip
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
    """Batches of clips for `model.fit`, from videos as they lie on disk.

    Values are RGB, 0..255, unless `augment` normalizes them.

    Args:
        source: Whatever `keras_nonlocal.data.read_source` reads: a folder with one folder a class,
            a table or list of files, a data frame, a manifest.
        clip: How clips are cut from videos; `ClipSpec()` if `None`.
        augment: Layers of `keras_nonlocal.augmentation`, other layers of Keras, or functions of a
            batch of clips. What is random in layers changes training clips only; a function is
            not told which clips it gets.
        batch_size: Clips in a batch; the last one may have fewer.
        training: True for one random clip of each video an epoch, in a new order each time; False
            for the test clips of each video (`clip.num_clips * clip.num_crops` of them, one after
            another) in the order given.
        seed: The same seed gives the same clips, epoch by epoch, however many `num_parallel_calls`
            there are. A global seed, of `tf.random.set_seed`, makes others of them, as of all in
            TensorFlow; layers of others draw by themselves.
        split: Only the videos of this split.
        class_names, root: As in `read_source`.
        labels: `"clip"` gives a clip the labels that hold during it, where their times are known.
        on_error: What becomes of a video that cannot be read: `"raise"` stops with its name,
            `"skip"` leaves it out, `"previous_frame"` repeats the frame before one that cannot be
            decoded. No clip ever stands in for another.
        error_log: A JSON lines file to which each failure is added.
        num_parallel_calls: Videos that are decoded at once, by threads; as many as there are cores
            if `None`.
        service: Address of a `tf.data` service, such as `"grpc://host:5000"`, whose workers read
            shards; see `keras_nonlocal.video.shards.service.spread_over`.

    Returns:
        A dataset of uint8 `(batch, frames, H, W, 3)`, with targets if there are classes: int64
        `(batch,)`, or float32 `(batch, classes)` if a video may have several. It has the names of
        the classes as `class_names`.

    Raises:
        ValueError: The source names files that are missing or labels that are out of range, or an
            argument is wrong. In the course of an epoch, a `tf.errors.OpError` names the video;
            of shards, `check_shards` tells which one is damaged.

    Example:

        train = video_dataset(
            "actions", clip=ClipSpec(32, frame_stride=2, short_side=(256, 320), size=(224, 224)),
            augment=[augmentation.RandomFlip(), augmentation.Normalization()], training=True,
        )
        model.fit(train, epochs=10)
    """
    clip = a_clip(ClipSpec() if clip is None else clip)
    num_parallel_calls = positive_int(
        "num_parallel_calls", cores() if num_parallel_calls is None else num_parallel_calls
    )
    seed = any_int("seed", seed)
    one_of("labels", labels, ("video", "clip"))
    one_of("on_error", on_error, DAMAGE)
    clips: ClipSource
    if holds_shards(source):
        refuse_choices(split=split, class_names=class_names, root=root, error_log=error_log)
        refuse_choices(
            labels=labels if labels != "video" else None,
            on_error=on_error if on_error != "raise" else None,
        )
        clips = ShardClips(
            source, clip, training=training, num_parallel_calls=num_parallel_calls, service=service
        )
    else:
        refuse_python(service)
        manifest = read_source(source, split=split, class_names=class_names, root=root)
        check_manifest(manifest)
        clips = FileClips(
            manifest,
            clip,
            training=training,
            num_parallel_calls=num_parallel_calls,
            on_error=on_error,
            error_log=ErrorLog(error_log),
            by_clip=labels == "clip",
        )
    order = clips.order(seed)
    return clip_batches(clips, order, augment=augment, batch_size=batch_size, training=training)
