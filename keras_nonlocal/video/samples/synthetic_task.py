"""A synthetic task that needs long-range relations: do two flashes have the same color?

A colored disc flashes early in one corner, and another one late in the opposite corner. The class
is whether their colors are the same. A third of the frame in each direction and half of the clip
are between the two, so a network has to relate distant positions in space and time. Everything
else is alike in both classes: each color is equally frequent in each corner at each time, and the
gray discs, the background and the noise are independent of the class.

A network that classifies a sum of local features linearly, as convolutions, global average pooling
and a dense layer do, has at most 75 % accuracy: if red-red is on one side of red-blue, then
blue-blue is on the other side. A small network with a non-local block reaches at least 98 % after
four epochs of 600 clips of 32 x 32, and about 50 % without the block
(`tests/video/samples/test_synthetic_learning.py`). With 3 or 4 colors, the bound is 67 %, and the
task takes longer to learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from ...data.tf_chain import with_fixed_tuning
from ...utils.checks import PathLike, one_of, positive_int, sizes
from ..decoding.write import write_video
from . import synthetic_frames

CLASS_NAMES = ("different", "same")


def clips(
    num_clips: int,
    *,
    num_frames: int = 16,
    size: tuple[int, int] = (64, 64),
    colors: int = 2,
    seed: int = 0,
) -> Iterator[tuple[np.ndarray, int]]:
    """Renders clips one by one.

    Args:
        num_clips: Number of clips. Classes alternate, and a clip depends only on its index and
            `seed`.
        num_frames: Frames of a clip, at least 4.
        size: Height and width of a clip, at least 16.
        colors: Number of colors of flashes, 2 to 4.
        seed: The same seed gives the same clips.

    Returns:
        An iterator of `(video, label)`, uint8 `(num_frames, *size, 3)` and 0 or 1.

    Raises:
        ValueError: A number is out of range.

    Example:

    >>> video, label = next(clips(1, size=(32, 32)))
    >>> video.shape, label
    ((16, 32, 32, 3), 0)
    """
    shape = _shape(num_frames, size)
    one_of("colors", colors, range(2, len(synthetic_frames.COLORS) + 1))
    labels = (index % 2 for index in range(positive_int("num_clips", num_clips)))
    return (
        (
            synthetic_frames.draw_frames(
                shape, label == 1, colors, np.random.default_rng([seed, index])
            ),
            label,
        )
        for index, label in enumerate(labels)
    )


def render(num_clips: int, **options) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Renders clips into arrays.

    Args:
        num_clips: Number of clips.
        **options: Other arguments of `clips`.

    Returns:
        uint8 videos `(num_clips, num_frames, *size, 3)`, int64 labels `(num_clips,)`, class names.

    Example:

        videos, labels, class_names = synthetic_task.render(600, size=(32, 32))
    """
    videos, labels = zip(*clips(num_clips, **options), strict=True)
    return np.stack(videos), np.array(labels, "int64"), CLASS_NAMES


def dataset(
    num_clips: int, *, batch_size: int = 8, training: bool = False, seed: int = 0, **options
) -> tf.data.Dataset:
    """Makes a dataset of batches of clips, which are rendered once.

    Args:
        num_clips: Number of clips.
        batch_size: Clips in a batch; the last batch may have fewer.
        training: Whether to shuffle in each epoch.
        seed, **options: Other arguments of `clips`.

    Returns:
        A dataset of `(videos, labels)`, as in `render`.

    Example:

        train = synthetic_task.dataset(600, size=(32, 32), training=True)
        held_out = synthetic_task.dataset(200, size=(32, 32), seed=1)
        model.fit(train, validation_data=held_out, epochs=3)
    """
    videos, labels, _ = render(num_clips, seed=seed, **options)
    order = tf.data.Dataset.range(num_clips)
    if training:
        order = order.shuffle(num_clips, seed=seed)

    def pick(index):  # by NumPy, as constants of a graph are limited to 2 GB
        video = tf.numpy_function(videos.__getitem__, [index], tf.uint8)
        return tf.ensure_shape(video, videos.shape[1:]), tf.gather(labels, index)

    batches = order.map(pick).batch(positive_int("batch_size", batch_size))
    return with_fixed_tuning(batches.prefetch(1))


def write_videos(folder: PathLike, num_clips: int, *, fps: int = 8, **options) -> list[Path]:
    """Writes clips to `folder/<class>/<index>.mp4`.

    Args:
        folder: The folder; missing folders are created.
        num_clips: Number of clips.
        fps: Frames per second.
        **options: Other arguments of `clips`; height and width must be even.

    Returns:
        The files, in the order of the clips.

    Example:

    >>> write_videos("flashes", 2, size=(32, 32))
    [PosixPath('flashes/different/00000.mp4'), PosixPath('flashes/same/00001.mp4')]
    """
    paths = []
    for index, (video, label) in enumerate(clips(num_clips, **options)):
        paths.append(Path(folder) / CLASS_NAMES[label] / f"{index:05d}.mp4")
        write_video(paths[-1], video, fps)
    return paths


def _shape(num_frames, size) -> tuple[int, int, int]:
    height, width = sizes("size", size, 2)
    if positive_int("num_frames", num_frames) < 4 or min(height, width) < 16:
        raise ValueError(
            "Two flashes need at least 4 frames of 16 x 16 to be far apart. "
            f"Received: num_frames={num_frames!r}, size={size!r}"
        )
    return num_frames, height, width
