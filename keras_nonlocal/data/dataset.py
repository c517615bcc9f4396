"""Video files -> `tf.data` batches of clips: wiring only."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import tensorflow as tf

from ..validation import positive_int, sizes
from .sampling import centre_start, clip_span, random_start
from .video import count_frames, read_clip

# More decode calls at once than this gain little, as only the decoding itself runs in parallel.
_PARALLEL_CALLS = 2


def video_dataset(
    paths: Sequence[str | os.PathLike[str]],
    labels: Sequence | np.ndarray | None = None,
    *,
    frames: int = 32,
    stride: int = 1,
    size: tuple[int, int] = (224, 224),
    batch_size: int = 8,
    training: bool = False,
    flip: bool = True,
    seed: int = 0,
) -> tf.data.Dataset:
    """Batches of clips from video files, one clip of each file an epoch.

    Values stay 0..255, as normalisation belongs to the model. Frames are scaled until `size` is
    just covered, and the centre is kept. A video is looped where it is too short.

    Args:
        paths: Video files, as `find_videos` or `list_folder` list them.
        labels: One for each file, numbers or rows of numbers; None for clips alone.
        frames, stride: Frames of a clip, and their distance in the video.
        size: Height and width of a clip.
        batch_size: Clips in a batch; the last one may have fewer.
        training: True for a new order, a random first frame and a random mirror image in each
            epoch; False for the order given and the clip in the centre of each video.
        flip: False never mirrors. Set it where classes differ by left and right.
        seed: The same seed gives the same clips, epoch by epoch.

    Returns:
        A dataset of uint8 `(batch, frames, *size, 3)` with the labels, if there are any. A file
        that cannot be read stops it with a `tf.errors.OpError` that names the file.

    Raises:
        ValueError: There are no paths, or not as many labels, or a number is out of range.

    Example:
        paths, labels, class_names = list_folder("actions")
        train = video_dataset(paths, labels, frames=16, size=(112, 112), training=True)
        model.fit(train, epochs=10)
    """
    height, width = sizes("size", size, 2)
    read = _clip_reader(frames, stride, (height, width), training, flip)
    files = tf.data.Dataset.from_tensor_slices(_columns(paths, labels))
    if training:
        files = files.shuffle(len(paths), seed=seed)

    def load(columns, draw):
        video = tf.numpy_function(read, [columns[0], draw], tf.uint8)
        video = tf.ensure_shape(video, (frames, height, width, 3))
        return (video, *columns[1:]) if len(columns) > 1 else video

    draws = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    clips = tf.data.Dataset.zip((files, draws)).map(load, num_parallel_calls=_PARALLEL_CALLS)
    return with_fixed_tuning(clips.batch(positive_int("batch_size", batch_size)).prefetch(1))


def with_fixed_tuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Switches autotuning off: with it, the end of an epoch sometimes stalls for seconds."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return dataset.with_options(options)


def _columns(paths, labels) -> tuple:
    """`(names,)` or `(names, labels)`, of equal length."""
    if isinstance(paths, str | os.PathLike) or len(paths) == 0:
        raise ValueError(
            "`paths` must be a list of at least one file; `find_videos` makes one of a folder. "
            f"Received: paths={paths!r}"
        )
    names = [os.fspath(path) for path in paths]
    if labels is None:
        return (names,)
    if len(labels) != len(names):
        raise ValueError(
            "`labels` must have one entry for each of `paths`. "
            f"Received: {len(labels)} labels for {len(names)} paths"
        )
    return names, np.asarray(labels)


def _clip_reader(frames, stride, size, training, flip) -> Callable[[bytes, int], np.ndarray]:
    """A function of a file name and a random number that returns one clip."""
    span = clip_span(frames, stride)
    length = cache(count_frames)  # counting means decoding, so each file is counted once

    def read(name: bytes, draw: int) -> np.ndarray:
        path, rng = os.fsdecode(name), np.random.default_rng(draw)
        if not training:
            return read_clip(
                path, frames, stride=stride, start=centre_start(length(path), span), size=size
            )
        start = random_start(length(path), span, rng)
        video = read_clip(path, frames, stride=stride, start=start, size=size)
        return video[:, :, ::-1] if flip and rng.integers(2) else video

    return read
