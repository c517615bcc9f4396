"""Small rendered clips whose class no local network can tell: did two flashes match?

A colored disc flashes early in one corner, and another one late in the opposite corner. The class
is whether their colors are the same. Between the two lie a third of the picture in each direction
and half of the clip, so a network has to relate places and moments that are far apart. All else
is alike in both classes: each color is equally frequent in each corner at each time, and the gray
discs, the background and the noise say nothing.

A network that adds up what it sees locally and draws one line through the sum, as convolutions,
global average pooling and a dense layer do, is right on 75 % of these clips at most: if two reds
lie on one side of red and blue, then two blues lie on the other. With a non-local block inside, a
small one is right on 98 % and more after four epochs of 600 clips of 32 x 32, and on about half
without it (`tests/video/samples/test_synthetic_learning.py`). With 3 or 4 colors the bound is
67 %, and the task takes longer to learn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from ...utils.checks import PathLike, one_of, positive_int, sizes
from ..decoding.write import write_video
from ..pipeline import with_fixed_tuning
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
        num_clips: How many. Classes take turns, and a clip depends on its number and `seed` only.
        num_frames: Frames of a clip, 4 or more.
        size: Height and width of a clip, 16 or more.
        colors: How many colors the flashes choose from, 2 to 4.
        seed: The same seed gives the same clips.

    Returns:
        An iterator of `(video, label)`, uint8 `(num_frames, *size, 3)` and 0 or 1.

    Raises:
        ValueError: A number is out of range.
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
    """Renders clips into memory; the options are those of `clips`.

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
    """Batches of `(videos, labels)`, rendered once; the other options are those of `clips`.

    Args:
        batch_size: Clips in a batch; the last one may have fewer.
        training: True for a new order in each epoch.

    Example:
        train = synthetic_task.dataset(600, size=(32, 32), training=True)
        held_out = synthetic_task.dataset(200, size=(32, 32), seed=1)
        model.fit(train, validation_data=held_out, epochs=3)
    """
    videos, labels, _ = render(num_clips, seed=seed, **options)
    order = tf.data.Dataset.range(num_clips)
    if training:
        order = order.shuffle(num_clips, seed=seed)

    def pick(index):  # through NumPy, as a graph cannot hold gigabytes of constants
        video = tf.numpy_function(videos.__getitem__, [index], tf.uint8)
        return tf.ensure_shape(video, videos.shape[1:]), tf.gather(labels, index)

    batches = order.map(pick).batch(positive_int("batch_size", batch_size))
    return with_fixed_tuning(batches.prefetch(1))


def write_videos(folder: PathLike, num_clips: int, *, fps: int = 8, **options) -> list[Path]:
    """Writes clips to `folder/<class>/<number>.mp4`.

    Sides must be even; the other options are those of `clips`.

    Returns:
        The files, in the order of the clips.
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
            "Two flashes need at least 4 frames of 16 x 16 to lie apart. "
            f"Received: num_frames={num_frames!r}, size={size!r}"
        )
    return num_frames, height, width
